-- 哪些数字上一年写了,这一年不写了?
-- Which numbers did a report state last year and leave out this year?
SELECT
    now.issuer_name, now.report_year, c.name_zh AS indicator, before.value AS value_last_year, before.unit,
    b.url AS last_years_report, n.url AS this_years_report
FROM indicator_panel now
JOIN indicator_values before ON before.issuer_id = now.issuer_id AND before.report_year = now.report_year - 1 AND before.chosen
JOIN indicator_catalogue c USING (indicator_code)
JOIN documents b ON b.document_id = before.document_id
JOIN documents n ON n.document_id = now.document_id
ANTI JOIN indicator_values v
    ON v.issuer_id = now.issuer_id AND v.report_year = now.report_year AND v.indicator_code = before.indicator_code AND v.chosen
ORDER BY now.report_year DESC, now.region_code, now.issuer_name, indicator;
