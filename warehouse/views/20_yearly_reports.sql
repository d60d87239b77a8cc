-- The report that speaks for an issuer and year. Canonical documents are one per issuer and year already, unless a
-- person's corrections made two so: then annual_report goes before npc_report, the longer text before the shorter.
CREATE VIEW yearly_reports AS
SELECT *
FROM documents
WHERE is_canonical AND doc_type IN ('annual_report', 'npc_report', 'self_check')
    AND issuer_id IS NOT NULL AND report_year IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY issuer_id, report_year
    ORDER BY (doc_type = 'annual_report') DESC, (doc_type = 'npc_report') DESC, char_count DESC, document_id
) = 1;
COMMENT ON VIEW yearly_reports IS 'The one yearly report (annual_report, else npc_report, else self_check) that counts for each issuer and year; issuer and year are known. Interim reports, those on several years, party reports and white papers are in reports only.';
