-- One row per issuer and year, one column per indicator code: the issuer's own figure of that year.
-- A report may state parts and a total; the stated total wins, then the largest figure that is no part.
CREATE VIEW indicator_panel AS
WITH stated AS (
    SELECT
        r.issuer_id, r.issuer_name, r.issuer_kind, r.issuer_level, r.region_code, r.region_name, r.report_year, r.document_id,
        i.indicator_code,
        max(i.value) AS value
    FROM reports r
    JOIN indicators i USING (document_id)
    WHERE r.doc_type IN ('annual_report', 'npc_report', 'self_check')
        AND i.measure = 'level'
        AND i.period IN ('year', 'as_of', 'cumulative')
        AND i.scope IN ('own', 'area')
        AND i.year = r.report_year
    GROUP BY ALL
)
PIVOT stated ON indicator_code IN ({indicator_codes}) USING first(value);
COMMENT ON VIEW indicator_panel IS 'One row per issuer × year, one column per indicator code, from the issuer''s own report of that year.';
