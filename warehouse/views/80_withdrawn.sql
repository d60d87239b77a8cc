-- What stood on a portal once and no longer does: the last version of every address that answered "not found" when it was
-- asked again. The text stays in documents.
CREATE VIEW withdrawn AS
WITH gone AS (
    SELECT url, from_document_id AS document_id FROM document_changes WHERE to_document_id IS NULL
),
seen AS (
    SELECT f.url, max(f.fetched_at) AS last_seen_at
    FROM fetches f JOIN gone USING (url)
    WHERE f.outcome IN ('ok', 'unchanged', 'not_modified')
    GROUP BY f.url
)
SELECT
    d.document_id, d.url, d.portal_id, d.doc_type, d.issuer_id, d.issuer_name, d.issuer_kind, d.region_code, d.region_name,
    d.report_year, d.title, d.is_canonical, s.last_seen_at,
    (
        SELECT min(f.fetched_at) FROM fetches f
        WHERE f.url = d.url AND f.fetched_at > s.last_seen_at AND f.outcome IN ('not_found', 'soft_404')
    ) AS missed_at
FROM gone g
JOIN documents d USING (document_id)
LEFT JOIN seen s ON s.url = d.url;
COMMENT ON VIEW withdrawn IS 'Documents whose address no longer answers with a document: what was withdrawn, and when that was noticed.';
COMMENT ON COLUMN withdrawn.last_seen_at IS 'the last time its address gave it';
COMMENT ON COLUMN withdrawn.missed_at IS 'the first time after that that the address said not found';
