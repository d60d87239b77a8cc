-- What yearly reports say of an issuer, year and indicator, and which of it stands in the panel.
--
-- A value can stand in the panel if it is a level of the year reported on (in it, or a stock at its end), of the body
-- itself or its area, whole, and in the one yearly report that counts. Of several: an exact value before a rounded one,
-- a number before words, then the one stated first. What cannot, and what another outranks, stays here with the reason.
INSERT INTO indicator_values BY NAME
WITH stated AS (
    SELECT
        i.indicator_code, d.report_year, d.region_code, d.region_name, d.issuer_id, d.issuer_name, d.issuer_kind, d.issuer_level,
        i.value, i.unit, i.modifier, i.measure, i.period, i.year, i.scope, i.is_part, i.is_derived, i.confidence,
        d.doc_type, i.document_id, i.indicator_id, i.char_start,
        CASE
            WHEN y.document_id IS NULL THEN 'other_version'
            WHEN i.measure IS DISTINCT FROM 'level' THEN 'not_level'
            WHEN coalesce(i.period NOT IN ('year', 'as_of') OR i.year <> d.report_year, true) THEN 'other_period'
            WHEN coalesce(i.scope NOT IN ('own', 'area'), true) THEN 'other_body'
            WHEN i.is_part THEN 'part'
            ELSE 'chosen'
        END AS standing
    FROM indicators i
    JOIN documents d USING (document_id)
    LEFT JOIN yearly_reports y USING (document_id)
    WHERE d.doc_type IN ('annual_report', 'npc_report', 'self_check') AND d.issuer_id IS NOT NULL AND d.report_year IS NOT NULL
),
ranked AS (
    SELECT *, row_number() OVER best AS rank, first_value(value) OVER best AS best_value
    FROM stated
    WINDOW best AS (
        PARTITION BY issuer_id, report_year, indicator_code
        ORDER BY
            (standing = 'chosen') DESC, (standing <> 'other_version') DESC, (modifier = 'exact') DESC, coalesce(is_derived, false),
            char_start, document_id, indicator_id
    )
)
SELECT
    * EXCLUDE (standing, best_value, char_start),
    standing = 'chosen' AND rank = 1 AS chosen,
    CASE
        WHEN standing <> 'chosen' OR rank = 1 THEN standing
        WHEN value = best_value THEN 'repeated'
        ELSE 'outranked'
    END AS choice
FROM ranked
ORDER BY indicator_code, report_year, region_code, issuer_id, rank;
