-- 各年的报告把篇幅用在哪些主题上?
-- To which topics do reports give their text, year by year? Percent of the part on measures.
WITH characters AS (
    SELECT r.report_year, s.topic, sum(length(s.text)) AS characters
    FROM yearly_reports r
    JOIN sections s USING (document_id)
    WHERE s.role IN ('measures', 'first_responsible')
    GROUP BY ALL
),
shares AS (
    SELECT report_year, topic, round(100 * characters / sum(characters) OVER (PARTITION BY report_year), 1) AS percent
    FROM characters
)
PIVOT shares
ON topic IN (
    'functions', 'institutions', 'decisions', 'enforcement', 'emergency', 'disputes', 'supervision', 'technology', 'leadership',
    'legal_literacy', 'other'
)
USING first(percent)
ORDER BY report_year;
