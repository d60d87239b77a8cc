-- 我县的应诉、败诉、案卷评查等指标,在本市各县和全国人口相近的县里排在什么位置?
-- Where does my county stand on court appearance, cases lost and the like, among the counties of its prefecture and
-- among those of about its population?
-- extra: population(region_code VARCHAR, year INTEGER, population DOUBLE)
-- Peers include the county itself. Write your own region_code in the first line; without population.csv all counties count as peers in size.
WITH asked AS (SELECT coalesce(NULL, (SELECT min(region_code) FROM indicator_panel WHERE issuer_level = 'county')) AS region_code),
facts AS (
    SELECT v.region_code, v.report_year, v.indicator_code, v.value, c.name_zh, p.population
    FROM indicator_values v
    JOIN indicator_catalogue c USING (indicator_code)
    LEFT JOIN population p ON p.region_code = v.region_code AND p.year = v.report_year
    WHERE v.chosen AND v.issuer_kind = 'government' AND v.issuer_level = 'county' AND v.indicator_code IN (
        'litigation_head_appearance_rate', 'litigation_loss_rate', 'litigation_cases', 'reconsideration_correction_rate',
        'reconsideration_cases_accepted', 'case_files_reviewed', 'enforcement_certified_rate', 'administrative_penalties'
    )
)
SELECT
    mine.report_year, mine.name_zh AS indicator, mine.value,
    count(*) FILTER (other.region_code LIKE left(mine.region_code, 4) || '%') AS in_prefecture,
    median(other.value) FILTER (other.region_code LIKE left(mine.region_code, 4) || '%') AS median_of_prefecture,
    count(*) AS peers, median(other.value) AS median_of_peers,
    round(100 * count(*) FILTER (other.value < mine.value) / nullif(count(*) - 1, 0)) AS percent_of_peers_below
FROM facts mine
JOIN asked USING (region_code)
JOIN facts other ON other.indicator_code = mine.indicator_code AND other.report_year = mine.report_year
    AND coalesce(other.population BETWEEN 0.75 * mine.population AND 1.25 * mine.population, true)
GROUP BY mine.report_year, mine.indicator_code, mine.name_zh, mine.value
ORDER BY mine.report_year DESC, indicator;
