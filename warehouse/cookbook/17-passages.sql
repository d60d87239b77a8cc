-- 2022—2024年的报告里,所有写到“包容审慎”的段落,连同出处。
-- Every paragraph on 包容审慎 in the reports on 2022 to 2024, with title, issuer, address, date and place in the text.
-- Change phrase, years and kinds in the first lines. A phrase with digits, letters or signs may be printed in full or half
-- width: write half(r.text) for r.text, and the phrase half width.
WITH asked AS (
    SELECT '包容审慎' AS phrase, 2022 AS first_year, 2024 AS last_year, ['department', 'government', 'township', 'subdistrict'] AS kinds
),
paragraphs AS (
    SELECT
        r.document_id, place, paragraph, phrase,
        (sum(length(paragraph) + 1) OVER (PARTITION BY r.document_id ORDER BY place) - length(paragraph) - 1)::INTEGER AS char_start
    FROM asked
    JOIN reports r ON r.report_year BETWEEN first_year AND last_year AND list_contains(kinds, r.issuer_kind) AND contains(r.text, phrase),
        unnest(string_split(r.text, chr(10))) WITH ORDINALITY t(paragraph, place)
)
SELECT
    r.issuer_name, r.report_year, r.published_on, r.title, p.paragraph, p.char_start, p.char_start + length(p.paragraph) AS char_end,
    arg_max(s.path, s.depth) AS section, arg_max(s.topic, s.depth) AS topic, r.url, r.document_id
FROM paragraphs p
JOIN reports r USING (document_id)
LEFT JOIN sections s ON s.document_id = p.document_id AND p.char_start + instr(p.paragraph, p.phrase) - 1 BETWEEN s.char_start AND s.char_end - 1
WHERE contains(p.paragraph, p.phrase)
GROUP BY ALL
ORDER BY r.report_year DESC, r.issuer_name, p.char_start;
