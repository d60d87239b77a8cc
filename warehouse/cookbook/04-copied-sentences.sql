-- 哪些报告的“主要举措”照抄了本单位上一年的报告?抄了哪些句子?
-- Which reports repeat their own report of the year before, sentence by sentence, in the part on measures?
-- White space is folded and short sentences are left out; sentences that ten issuers or more share are formulas.
WITH sentences AS (
    SELECT DISTINCT r.issuer_id, r.issuer_name, r.report_year, r.document_id, trim(sentence) AS sentence
    FROM yearly_reports r
    JOIN sections s USING (document_id),
        unnest(string_split_regex(regexp_replace(s.text, '[ \t\x{3000}]+', '', 'g'), '[。;\x{FF1B}\n]')) t(sentence)
    WHERE s.role = 'measures' AND length(trim(sentence)) >= 15
),
formulas AS (
    SELECT sentence FROM sentences GROUP BY sentence HAVING count(DISTINCT issuer_id) >= 10
),
own AS (
    SELECT s.*, b.document_id AS year_before
    FROM sentences s
    LEFT JOIN sentences b ON b.issuer_id = s.issuer_id AND b.report_year = s.report_year - 1 AND b.sentence = s.sentence
    WHERE s.sentence NOT IN (SELECT sentence FROM formulas)
)
SELECT
    issuer_name, report_year, count(*) AS sentences, count(year_before) AS copied,
    round(100 * count(year_before) / count(*), 1) AS percent_copied,
    arg_max(sentence, length(sentence)) FILTER (year_before IS NOT NULL) AS longest_copied, document_id
FROM own
WHERE EXISTS (FROM yearly_reports y WHERE y.issuer_id = own.issuer_id AND y.report_year = own.report_year - 1)
GROUP BY issuer_id, issuer_name, report_year, document_id
ORDER BY percent_copied DESC, issuer_name, report_year;
