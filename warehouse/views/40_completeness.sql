-- Which of the five contents that the rules demand a report has, and the share of its characters each gets.
-- 督察工作规定 (2019): measures and results; shortcomings and causes; the first responsible person's part; next
-- year's arrangements; other matters. A share counts the parts' own text, headings included.
CREATE VIEW completeness AS
WITH parts AS (
    SELECT
        document_id,
        sum(length(text)) FILTER (role = 'measures') AS measures,
        sum(length(text)) FILTER (role = 'problems') AS problems,
        sum(length(text)) FILTER (role = 'first_responsible') AS first_responsible,
        sum(length(text)) FILTER (role = 'next_year') AS next_year,
        sum(length(text)) FILTER (role = 'other_matters') AS other_matters,
        bool_or(role = 'problems' AND regexp_matches(text, '原因|由于|因为')) AS states_causes
    FROM sections
    GROUP BY document_id
)
SELECT
    r.issuer_id, r.issuer_name, r.issuer_kind, r.issuer_level, r.region_code, r.region_name, r.report_year, r.document_id,
    p.measures IS NOT NULL AS has_measures,
    p.problems IS NOT NULL AS has_problems,
    coalesce(p.states_causes, false) AS states_causes,
    p.first_responsible IS NOT NULL AS has_first_responsible,
    p.next_year IS NOT NULL AS has_next_year,
    p.other_matters IS NOT NULL AS has_other_matters,
    coalesce(p.measures, 0) / r.char_count AS share_measures,
    coalesce(p.problems, 0) / r.char_count AS share_problems,
    coalesce(p.first_responsible, 0) / r.char_count AS share_first_responsible,
    coalesce(p.next_year, 0) / r.char_count AS share_next_year,
    coalesce(p.other_matters, 0) / r.char_count AS share_other_matters
FROM yearly_reports r
LEFT JOIN parts p USING (document_id);
COMMENT ON VIEW completeness IS 'The five contents a yearly report must have, and the share of its characters each gets.';
COMMENT ON COLUMN completeness.has_measures IS '主要举措和成效: what was done';
COMMENT ON COLUMN completeness.has_problems IS '存在的不足: shortcomings';
COMMENT ON COLUMN completeness.states_causes IS 'the part on shortcomings gives causes: 原因, 由于 or 因为';
COMMENT ON COLUMN completeness.has_first_responsible IS '党政主要负责人履行推进法治建设第一责任人职责';
COMMENT ON COLUMN completeness.has_next_year IS '下一年度主要安排';
COMMENT ON COLUMN completeness.has_other_matters IS '其他需要报告的情况';
COMMENT ON COLUMN completeness.share_measures IS 'characters of that part over those of the report, 0–1';
COMMENT ON COLUMN completeness.share_problems IS 'characters of that part over those of the report, 0–1';
COMMENT ON COLUMN completeness.share_first_responsible IS 'characters of that part over those of the report, 0–1';
COMMENT ON COLUMN completeness.share_next_year IS 'characters of that part over those of the report, 0–1';
COMMENT ON COLUMN completeness.share_other_matters IS 'characters of that part over those of the report, 0–1';
