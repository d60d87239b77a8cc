-- 各县各年受理了多少行政复议案件?没有数字的地方,是报告没写、没找到报告,还是没有采集?
-- How many reconsideration cases did each county accept in each year, and why is there no number where there is none?
-- Another indicator: put its code in the place of reconsideration_cases_accepted (table indicator_catalogue).
SELECT
    c.region_code, c.region_name, c.report_year, p.reconsideration_cases_accepted AS accepted,
    CASE
        WHEN p.reconsideration_cases_accepted IS NOT NULL THEN 'stated'
        WHEN c.status = 'found' THEN 'not_stated'
        WHEN c.status = 'not_crawled' THEN 'not_crawled'
        ELSE 'no_report'
    END AS number,
    c.status, c.evidence_url
FROM coverage c
LEFT JOIN indicator_panel p USING (region_code, report_year, issuer_kind)
WHERE c.issuer_kind = 'government' AND c.region_level = 'county'
ORDER BY c.region_code, c.report_year DESC;
