-- What must hold of a warehouse beside what tables.toml says of single columns. Each query gives the rows that break the
-- rule named above it: none, if it holds. {reports} are the doc_types that are reports. Spans are code points; substring
-- and length count code points too.

-- tiling: sections without a parent tile the text
WITH tops AS (
    SELECT
        document_id, section_id, char_start, char_end,
        lag(char_end, 1, 0) OVER forward AS due,
        row_number() OVER (PARTITION BY document_id ORDER BY char_start DESC, char_end DESC) = 1 AS is_last
    FROM sections WHERE parent_id IS NULL
    WINDOW forward AS (PARTITION BY document_id ORDER BY char_start, char_end)
)
SELECT document_id, section_id, char_start, due AS should_begin_at, NULL AS should_end_at FROM tops WHERE char_start <> due
UNION ALL
SELECT document_id, section_id, char_end, NULL, d.char_count FROM tops JOIN documents d USING (document_id)
WHERE is_last AND char_end <> d.char_count
UNION ALL
SELECT document_id, min(section_id), NULL, 0, NULL FROM sections GROUP BY document_id HAVING bool_and(parent_id IS NOT NULL);

-- spans: spans lie inside the text and are not empty
SELECT 'sections' AS "table", section_id AS key, s.char_start, s.char_end, d.char_count
FROM sections s JOIN documents d USING (document_id)
WHERE NOT (0 <= s.char_start AND s.char_start < s.char_end AND s.char_end <= d.char_count)
UNION ALL
SELECT 'quantities', quantity_id, q.char_start, q.char_end, d.char_count FROM quantities q JOIN documents d USING (document_id)
WHERE NOT (0 <= q.char_start AND q.char_start < q.char_end AND q.char_end <= d.char_count)
UNION ALL
SELECT 'indicators', indicator_id, i.char_start, i.char_end, d.char_count FROM indicators i JOIN documents d USING (document_id)
WHERE NOT (0 <= i.char_start AND i.char_start < i.char_end AND i.char_end <= d.char_count);

-- nesting: a section lies inside its parent, deeper, and beside its siblings
SELECT s.section_id, s.parent_id, s.char_start, s.char_end, s.depth
FROM sections s JOIN sections p ON p.section_id = s.parent_id
WHERE s.document_id <> p.document_id OR s.char_start < p.char_start OR s.char_end > p.char_end OR s.depth <= p.depth
UNION ALL
SELECT section_id, parent_id, char_start, char_end, depth FROM sections WHERE parent_id IS NOT NULL
QUALIFY lag(char_end, 1, 0) OVER (PARTITION BY parent_id ORDER BY char_start, char_end) > char_start;

-- ordinals: ordinals count from 0 in document order, parents before children
SELECT section_id, document_id, ordinal FROM sections
QUALIFY row_number() OVER (PARTITION BY document_id ORDER BY ordinal) <> ordinal + 1
    OR lag(char_start, 1, 0) OVER (PARTITION BY document_id ORDER BY ordinal) > char_start
UNION ALL
SELECT s.section_id, s.document_id, s.ordinal FROM sections s JOIN sections p ON p.section_id = s.parent_id
WHERE s.ordinal <= p.ordinal;

-- own_text: a section's text is its span less its children's spans
WITH pieces AS (
    SELECT
        parent_id AS section_id, char_start AS piece_end,
        lag(char_end) OVER (PARTITION BY parent_id ORDER BY char_start, char_end) AS piece_start
    FROM sections WHERE parent_id IS NOT NULL
    UNION ALL
    SELECT s.section_id, s.char_end, max(c.char_end)
    FROM sections s LEFT JOIN sections c ON c.parent_id = s.section_id
    GROUP BY s.section_id, s.char_end
)
SELECT s.section_id
FROM pieces p JOIN sections s USING (section_id) JOIN documents d USING (document_id)
GROUP BY s.section_id, s.text
HAVING s.text <> string_agg(
    substring(d.text, coalesce(p.piece_start, s.char_start) + 1, greatest(p.piece_end - coalesce(p.piece_start, s.char_start), 0)), ''
    ORDER BY p.piece_end
);

-- headings: headings and points have a title, what is unheaded has none
SELECT section_id, kind, title FROM sections WHERE (kind = 'unheaded') <> (title IS NULL);

-- quotes: a quote is what stands in the text at its place
SELECT 'quantities' AS "table", quantity_id AS key, q.quote, substring(d.text, q.char_start + 1, q.char_end - q.char_start) AS stands_there
FROM quantities q JOIN documents d USING (document_id) WHERE q.quote <> stands_there
UNION ALL
SELECT 'indicators', indicator_id, i.quote, substring(d.text, i.char_start + 1, i.char_end - i.char_start) AS stands_there
FROM indicators i JOIN documents d USING (document_id) WHERE i.quote <> stands_there;

-- short_quotes: an indicator's quote has at most 60 characters and holds its number
SELECT indicator_id, i.quote, q.quote AS number
FROM indicators i LEFT JOIN quantities q USING (quantity_id)
WHERE length(i.quote) > 60 OR q.char_start < i.char_start OR q.char_end > i.char_end;

-- char_count: char_count is the length of the text
SELECT document_id, char_count, length(text) AS length FROM documents WHERE char_count <> length(text);

-- within: numbers lie in the section and the document that they name
SELECT quantity_id AS key, q.section_id, q.document_id
FROM quantities q JOIN sections s USING (section_id)
WHERE q.document_id <> s.document_id OR q.char_start < s.char_start OR q.char_start >= s.char_end
UNION ALL
SELECT indicator_id, i.section_id, i.document_id FROM indicators i JOIN sections s USING (section_id) WHERE i.document_id <> s.document_id
UNION ALL
SELECT indicator_id, i.section_id, i.document_id FROM indicators i JOIN quantities q USING (quantity_id)
WHERE i.document_id <> q.document_id OR i.section_id <> q.section_id;

-- one_canonical: one document of a group counts, if the group has a report that can
SELECT
    duplicate_group, count(*) FILTER (is_canonical) AS counted,
    count(*) FILTER (doc_type IN ({reports}) AND NOT needs_ocr AND NOT list_has_any(flags, ['text_in_attachment', 'corrected:is_canonical'])) AS could_count
FROM documents GROUP BY duplicate_group
HAVING counted > 1 OR (counted = 0 AND could_count > 0);

-- canonical_reports: look-alikes never count
SELECT document_id, doc_type FROM documents WHERE is_canonical AND doc_type NOT IN ({reports});

-- reports_only: only reports have sections, quantities and indicators
SELECT 'sections' AS "table", document_id, doc_type FROM sections JOIN documents USING (document_id) WHERE doc_type NOT IN ({reports})
UNION ALL
SELECT 'quantities', document_id, doc_type FROM quantities JOIN documents USING (document_id) WHERE doc_type NOT IN ({reports})
UNION ALL
SELECT 'indicators', document_id, doc_type FROM indicators JOIN documents USING (document_id) WHERE doc_type NOT IN ({reports});

-- cut_reports: a report with a text of its own has sections (one that a person made a report has none)
SELECT document_id, doc_type, char_count FROM documents
WHERE doc_type IN ({reports}) AND char_count > 0 AND NOT list_has_any(flags, ['text_in_attachment', 'corrected:doc_type'])
    AND document_id NOT IN (SELECT document_id FROM sections);

-- archived: a document's record stands in the crawl log (a run that was killed may have lost its last line)
SELECT d.document_id, d.archive_file, d.archive_offset
FROM documents d JOIN crawl_runs r USING (run_id)
WHERE r.outcome <> 'interrupted'
    AND NOT EXISTS (FROM fetches f WHERE f.archive_file = d.archive_file AND f.archive_offset = d.archive_offset);

-- regions: region codes are those of the table or of a portal
SELECT document_id, region_code FROM documents
WHERE region_code NOT IN (SELECT region_code FROM regions UNION SELECT region_code FROM portals)
UNION ALL
SELECT region_code, parent_code FROM regions WHERE parent_code <> '' AND parent_code NOT IN (SELECT region_code FROM regions);

-- units: an indicator has its code's unit
SELECT indicator_id, i.indicator_code, i.unit, c.unit AS should_be
FROM indicators i JOIN indicator_catalogue c USING (indicator_code) WHERE i.unit <> c.unit;

-- values: values are finite; levels are not negative; ratios lie within 0 and 100; an indicator is no mere share
SELECT 'quantities' AS "table", quantity_id AS key, quote, value FROM quantities WHERE NOT isfinite(value)
UNION ALL
SELECT 'indicators', indicator_id, quote, value
FROM indicators LEFT JOIN indicator_catalogue c USING (indicator_code)
WHERE NOT isfinite(value) OR measure = 'share' OR (measure = 'level' AND (value < 0 OR (c.kind = 'ratio' AND value > 100)));

-- shares: ratios of the extraction and confidences lie within 0 and 1
SELECT document_id AS key, retention_ratio AS share FROM documents WHERE retention_ratio NOT BETWEEN 0 AND 1
UNION ALL
SELECT document_id, residual_chrome FROM documents WHERE residual_chrome NOT BETWEEN 0 AND 1
UNION ALL
SELECT indicator_id, confidence FROM indicators WHERE confidence NOT BETWEEN 0 AND 1;

-- dates: nothing is dated before 1990 or after the archive's last day
WITH until AS (
    SELECT greatest((SELECT max(fetched_at) FROM fetches), (SELECT max(coalesce(finished_at, started_at)) FROM crawl_runs)) + INTERVAL 1 DAY AS last
)
SELECT document_id AS key, published_on, signed_on, report_year FROM documents, until
WHERE published_on NOT BETWEEN DATE '1990-01-01' AND last::DATE OR signed_on NOT BETWEEN DATE '1990-01-01' AND last::DATE
    OR report_year NOT BETWEEN 1990 AND year(last)
UNION ALL
SELECT indicator_id, NULL, NULL, year FROM indicators, until WHERE year NOT BETWEEN 1949 AND year(last) + 1
UNION ALL
SELECT quantity_id, period_start, period_end, NULL FROM quantities WHERE period_start > period_end;

-- corrected: what a person put right shows in the row's flags
SELECT c."table", c."key", c."column"
FROM corrections c
LEFT JOIN (
    SELECT 'documents' AS "table", document_id AS "key", flags FROM documents
    UNION ALL SELECT 'sections', section_id, flags FROM sections
    UNION ALL SELECT 'quantities', quantity_id, flags FROM quantities
    UNION ALL SELECT 'indicators', indicator_id, flags FROM indicators
) r ON r."table" = c."table" AND r."key" = c."key"
WHERE list_contains(r.flags, 'corrected:' || c."column") IS NOT TRUE;
