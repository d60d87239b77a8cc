-- 各县各年有百分之几的部门公开了年度报告?分母需要部门名录。
-- What share of the offices of each county published a report, by year? The denominator needs a list of offices.
-- extra: departments(region_code VARCHAR, issuer_name VARCHAR)
-- departments.csv: a line per office, region_code and issuer_name (教育局 or 云川县教育局). Without it: numerators only.
WITH published AS (
    SELECT region_code, report_year, issuer_name FROM yearly_reports WHERE issuer_kind = 'department'
),
years AS (
    SELECT DISTINCT report_year FROM published
),
listed AS (
    SELECT
        d.region_code, y.report_year, d.issuer_name,
        EXISTS (
            FROM published p
            WHERE p.region_code = d.region_code AND p.report_year = y.report_year AND ends_with(p.issuer_name, d.issuer_name)
        ) AS has_published
    FROM departments d, years y
),
of_listed AS (
    SELECT
        region_code, report_year, count(*) AS listed, count(*) FILTER (has_published) AS listed_and_published,
        list(issuer_name ORDER BY issuer_name) FILTER (NOT has_published) AS silent
    FROM listed GROUP BY ALL
),
counted AS (
    SELECT region_code, report_year, count(DISTINCT issuer_name) AS published FROM published GROUP BY ALL
)
SELECT
    region_code, report_year, coalesce(c.published, 0) AS published, l.listed, l.listed_and_published,
    round(100 * l.listed_and_published / l.listed, 1) AS percent, l.silent
FROM counted c
FULL JOIN of_listed l USING (region_code, report_year)
ORDER BY ALL;
