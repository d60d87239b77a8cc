-- 固定表述(习近平法治思想、第一责任人、四个亲自)在各年报告里出现多少次、多早出现?
-- How often, and how early, do set phrases stand in the reports, by year?
-- first_at: place of the first one in percent of the report; more phrases: more lines in the list.
WITH phrases AS (
    SELECT unnest(['习近平法治思想', '第一责任人', '四个亲自', '以人民为中心', '营商环境', '包容审慎']) AS phrase
)
SELECT
    phrase, report_year, count(*) AS reports, count(*) FILTER (contains(text, phrase)) AS with_it,
    round(avg((length(text) - length(replace(text, phrase, ''))) / length(phrase)), 1) AS times_a_report,
    round(100 * median((instr(text, phrase) - 1) / length(text)) FILTER (contains(text, phrase)), 1) AS first_at
FROM yearly_reports, phrases
GROUP BY ALL
ORDER BY phrase, report_year;
