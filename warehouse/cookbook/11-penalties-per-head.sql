-- 每万人有多少件行政处罚?原文怎么说的(含不含公安、是不是全县)?
-- How many administrative penalties are there for 10,000 people, and in what words (with the police, in the whole area)?
-- extra: population(region_code VARCHAR, year INTEGER, population DOUBLE)
-- population.csv: region_code, year, population (persons). Without it there are counts and quotes, but no rates.
SELECT
    v.region_name, v.report_year, v.value AS penalties, p.population,
    round(10000 * v.value / p.population, 1) AS per_10000, v.scope, i.quote, d.url
FROM indicator_values v
JOIN indicators i USING (indicator_id)
JOIN documents d ON d.document_id = v.document_id
LEFT JOIN population p ON p.region_code = v.region_code AND p.year = v.report_year
WHERE v.indicator_code = 'administrative_penalties' AND v.chosen AND v.issuer_kind = 'government'
ORDER BY per_10000 DESC NULLS LAST, v.region_code, v.report_year;
