-- One row per pair of numbers of a report: what two checks find of the same pair is told once, by the graver, then by name.
INSERT INTO checks BY NAME
WITH told AS (
    SELECT *
    FROM findings
    QUALIFY doc IS DISTINCT FROM other_doc OR row_number() OVER (
        PARTITION BY doc, other_doc, least(place, other_place), greatest(place, other_place)
        ORDER BY array_position(['error', 'warning', 'note'], severity), check_name, indicator_code
    ) = 1
)
SELECT
    left(sha256(concat_ws('|', check_name, d.document_id, o.document_id, t.indicator_code, t.place, t.other_place)), 20) AS check_id,
    t.check_name, t.severity, d.document_id, o.document_id AS other_document_id, t.indicator_code, t.value, t.other_value, t.detail,
    coalesce(t.quote, a.quote) AS quote, coalesce(t.other_quote, b.quote) AS other_quote,
    a.indicator_id, b.indicator_id AS other_indicator_id
FROM told t
JOIN papers d ON d.doc = t.doc
LEFT JOIN papers o ON o.doc = t.other_doc
LEFT JOIN indicators a ON a.rowid = t.fact
LEFT JOIN indicators b ON b.rowid = t.other_fact
ORDER BY d.document_id, t.place, t.check_name, o.document_id, t.other_place, t.indicator_code;
