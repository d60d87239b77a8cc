-- 哪些数字互相打架:同一报告内、人大版与公开版、今年说的上年数与上年报告、县与市?
-- Which numbers contradict each other: within a report, between its versions, with last year's, county and prefecture?
SELECT
    k.severity, k.check_name, d.issuer_name, d.report_year, c.name_zh AS indicator, k.value, k.other_value, k.detail,
    k.quote, k.other_quote, d.url, o.url AS other_url
FROM checks k
JOIN documents d USING (document_id)
LEFT JOIN documents o ON o.document_id = k.other_document_id
LEFT JOIN indicator_catalogue c USING (indicator_code)
ORDER BY (k.severity = 'error') DESC, (k.severity = 'warning') DESC, k.check_name, d.region_code, d.report_year, k.check_id;
