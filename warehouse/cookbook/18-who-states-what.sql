-- 各省的政府报告里,各项指标有百分之几写了数字?
-- What share of the governments' reports state each indicator, by province? (the heat map behind question 7)
WITH reports_of AS (
    SELECT left(region_code, 2) AS province, count(*) AS reports
    FROM yearly_reports WHERE issuer_kind = 'government' GROUP BY ALL
)
SELECT
    c.name_zh AS indicator, v.indicator_code, r.province, r.reports, count(*) AS stating,
    round(100 * count(*) / r.reports, 1) AS percent
FROM indicator_values v
JOIN indicator_catalogue c USING (indicator_code)
JOIN reports_of r ON r.province = left(v.region_code, 2)
WHERE v.chosen AND v.issuer_kind = 'government'
GROUP BY c.name_zh, v.indicator_code, r.province, r.reports
ORDER BY percent DESC, v.indicator_code, r.province;
