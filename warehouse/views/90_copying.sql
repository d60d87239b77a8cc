-- Pairs of reports with sentences in common, and whether these are the province's templates or one body's words.
CREATE VIEW copying AS
SELECT
    s.document_id, d.issuer_id, d.issuer_name, d.report_year, s.other_document_id, o.issuer_id AS other_issuer_id,
    o.issuer_name AS other_issuer_name, o.report_year AS other_report_year, s.relation, s.shared_sentences, s.template_sentences,
    s.shared_sentences - s.template_sentences AS own_sentences, s.share, s.copied_characters,
    CASE
        WHEN 2 * s.template_sentences > s.shared_sentences THEN 'template'
        WHEN s.relation = 'same_issuer' THEN 'repeated'
        ELSE 'copied'
    END AS verdict
FROM similarity s
JOIN documents d ON d.document_id = s.document_id
JOIN documents o ON o.document_id = s.other_document_id;
COMMENT ON VIEW copying IS 'Table similarity with names, and what the sentences in common are: templates of the province, the body''s own words once more, or another''s.';
COMMENT ON COLUMN copying.other_issuer_id IS 'issuer of the earlier report';
COMMENT ON COLUMN copying.other_issuer_name IS 'its name, as printed';
COMMENT ON COLUMN copying.other_report_year IS 'the year it reports on';
COMMENT ON COLUMN copying.own_sentences IS 'of the sentences in common those that are no template';
COMMENT ON COLUMN copying.verdict IS 'template · repeated · copied (words below)';
