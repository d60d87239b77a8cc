-- What issuers changed in reports after these were online, and what they took down: document_changes in sum.
CREATE VIEW quiet_edits AS
WITH changed AS (
    SELECT
        d.issuer_id, c.url, c.to_document_id, c.kind, n.fetched_at,
        c.kind = 'edited' AND regexp_extract_all(half(c.sentence_before), '[0-9]+([.][0-9]+)?')
            IS DISTINCT FROM regexp_extract_all(half(c.sentence_after), '[0-9]+([.][0-9]+)?') AS figures_differ
    FROM document_changes c
    JOIN documents d ON d.document_id = c.from_document_id
    LEFT JOIN documents n ON n.document_id = c.to_document_id
    WHERE d.issuer_id IS NOT NULL AND d.doc_type IN (
        'annual_report', 'npc_report', 'party_report', 'white_paper', 'self_check', 'interim_report', 'multi_year_report'
    )
),
latest AS (
    SELECT issuer_id, issuer_name, issuer_kind, region_code, region_name FROM documents
    WHERE issuer_id IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY issuer_id ORDER BY report_year DESC, document_id) = 1
)
SELECT
    c.issuer_id, l.issuer_name, l.issuer_kind, l.region_code, l.region_name,
    count(DISTINCT c.url) AS addresses,
    count(DISTINCT c.url) FILTER (c.to_document_id IS NULL) AS addresses_removed,
    count(DISTINCT c.to_document_id) AS versions_changed,
    count(*) FILTER (c.kind = 'added') AS sentences_added,
    count(*) FILTER (c.kind = 'removed' AND c.to_document_id IS NOT NULL) AS sentences_removed,
    count(*) FILTER (c.kind = 'edited') AS sentences_edited,
    count(*) FILTER (c.figures_differ) AS figures_edited,
    max(coalesce(c.fetched_at, w.missed_at)) AS last_change_at
FROM changed c
LEFT JOIN latest l USING (issuer_id)
LEFT JOIN withdrawn w ON w.url = c.url AND c.to_document_id IS NULL
GROUP BY ALL;
COMMENT ON VIEW quiet_edits IS 'Per issuer, what changed in its reports after they were online, and what was taken down. Every sentence stands in document_changes.';
COMMENT ON COLUMN quiet_edits.addresses IS 'addresses of reports with a change';
COMMENT ON COLUMN quiet_edits.addresses_removed IS 'of these, addresses that no longer answer with a document';
COMMENT ON COLUMN quiet_edits.versions_changed IS 'versions that took the place of an earlier one';
COMMENT ON COLUMN quiet_edits.sentences_added IS 'sentences that came';
COMMENT ON COLUMN quiet_edits.sentences_removed IS 'sentences that went, of addresses that still answer';
COMMENT ON COLUMN quiet_edits.sentences_edited IS 'sentences that changed';
COMMENT ON COLUMN quiet_edits.figures_edited IS 'of these, sentences whose numbers changed';
COMMENT ON COLUMN quiet_edits.last_change_at IS 'when the last of it was noticed';
