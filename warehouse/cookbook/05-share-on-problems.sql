-- 报告用多少篇幅写“存在的不足”?逐年有什么变化?有没有写原因?
-- What share of a report goes to shortcomings, how has it changed over the years, and are causes given?
SELECT
    issuer_kind, report_year, count(*) AS reports,
    round(100 * avg(share_problems), 1) AS percent_of_text, round(100 * median(share_problems), 1) AS median_percent,
    count(*) FILTER (NOT has_problems) AS without_problems,
    round(100 * count(*) FILTER (states_causes) / nullif(count(*) FILTER (has_problems), 0), 1) AS percent_with_causes
FROM completeness
GROUP BY ALL
ORDER BY ALL;
