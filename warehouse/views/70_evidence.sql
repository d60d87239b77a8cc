-- From a figure back to the bytes it was read from, in one row.
CREATE VIEW evidence AS
SELECT
    i.indicator_id, i.indicator_code, c.name_zh AS indicator_name, i.value, i.unit, i.modifier, i.measure, i.period, i.year,
    i.quote, i.char_start, i.char_end, i.quantity_id,
    coalesce(q.char_start, i.char_start) AS number_start,
    coalesce(q.char_end, i.char_end) AS number_end,
    i.section_id, s.path AS section_path, s.title AS section_title,
    i.document_id, d.issuer_name, d.report_year, d.title, d.url, d.fetched_at, d.archive_file, d.archive_offset, d.payload_digest,
    i.flags
FROM indicators i
JOIN documents d USING (document_id)
LEFT JOIN sections s ON s.section_id = i.section_id
LEFT JOIN quantities q ON q.quantity_id = i.quantity_id
LEFT JOIN indicator_catalogue c ON c.indicator_code = i.indicator_code;
COMMENT ON VIEW evidence IS 'Each row of indicators with its quote, section, document and the place of the bytes: archive_file and archive_offset below raw/, and their digest.';
COMMENT ON COLUMN evidence.indicator_name IS 'Chinese name of the indicator';
COMMENT ON COLUMN evidence.number_start IS 'start of the number in documents.text; of the quote where words state it';
COMMENT ON COLUMN evidence.number_end IS 'end of that, exclusive';
COMMENT ON COLUMN evidence.section_path IS 'markers of the section from the top: 一/(二)/1';
COMMENT ON COLUMN evidence.section_title IS 'title of the section';
