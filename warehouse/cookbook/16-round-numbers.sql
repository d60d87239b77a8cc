-- 哪些指标的数字可疑:总是整十整百、比率总是100%、连续三年一个样?
-- Which indicators look too good: always round, rates always 100, the same for three years?
WITH facts AS (
    SELECT
        v.indicator_code, v.issuer_id, v.report_year, v.value,
        v.value = lag(v.value, 1) OVER years AND v.value = lag(v.value, 2) OVER years
            AND v.report_year = lag(v.report_year, 2) OVER years + 2 AS three_years_the_same
    FROM indicator_values v
    WHERE v.chosen
    WINDOW years AS (PARTITION BY v.issuer_id, v.indicator_code ORDER BY v.report_year)
)
SELECT
    c.name_zh AS indicator, c.kind, count(*) AS stated,
    if(c.kind = 'count', round(100 * count(*) FILTER (value >= 10 AND value % 10 = 0) / nullif(count(*) FILTER (value >= 10), 0), 1), NULL) AS percent_in_tens,
    if(c.kind = 'count', round(100 * count(*) FILTER (value >= 100 AND value % 100 = 0) / nullif(count(*) FILTER (value >= 100), 0), 1), NULL) AS percent_in_hundreds,
    if(c.kind = 'ratio', round(100 * count(*) FILTER (value = 100) / count(*), 1), NULL) AS percent_at_100,
    count(*) FILTER (three_years_the_same) AS three_years_the_same
FROM facts
JOIN indicator_catalogue c USING (indicator_code)
GROUP BY c.name_zh, c.kind
HAVING count(*) >= 5
ORDER BY coalesce(percent_at_100, percent_in_tens) DESC NULLS LAST, stated DESC, indicator;
