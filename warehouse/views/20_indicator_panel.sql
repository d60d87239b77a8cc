-- One row per issuer and year, one column per indicator code: the issuer's own figure of that year.
-- Parts of a total, cumulative figures and those of other bodies are left out. Where a report states a figure more than
-- once, the exact one counts before the rounded one, then the one stated first.
CREATE VIEW indicator_panel AS
WITH stated AS (
    SELECT
        r.issuer_id, r.issuer_name, r.issuer_kind, r.issuer_level, r.region_code, r.region_name, r.report_year, r.document_id,
        i.indicator_code,
        arg_min(i.value, (i.modifier <> 'exact', i.char_start)) AS value
    FROM reports r
    JOIN indicators i USING (document_id)
    WHERE r.doc_type IN ('annual_report', 'npc_report', 'self_check')
        AND i.measure = 'level'
        AND i.period IN ('year', 'as_of')
        AND i.scope IN ('own', 'area')
        AND NOT i.is_part
        AND i.year = r.report_year
    GROUP BY ALL
)
PIVOT stated ON indicator_code IN ({indicator_codes}) USING first(value);
COMMENT ON VIEW indicator_panel IS 'One row per issuer × year, one column per indicator code, from the issuer''s own report of that year.';
