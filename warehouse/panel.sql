-- The panel: what was chosen, spread over columns. {codes} are the codes of the catalogue in its order.
INSERT INTO indicator_panel BY NAME
WITH stated AS (
    SELECT issuer_id, report_year, indicator_code, value FROM indicator_values WHERE chosen
),
wide AS (PIVOT stated ON indicator_code IN ({codes}) USING first(value) GROUP BY issuer_id, report_year)
SELECT
    y.issuer_name, y.issuer_kind, y.issuer_level, y.region_code, y.region_name, y.issuer_id, y.report_year, y.document_id,
    wide.* EXCLUDE (issuer_id, report_year)
FROM yearly_reports y
LEFT JOIN wide USING (issuer_id, report_year)
ORDER BY y.report_year, y.region_code, y.issuer_kind, y.issuer_id;
