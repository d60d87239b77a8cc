-- 《督察工作规定》要求的五项内容,各省各年的报告写全了多少?
-- How many reports have each of the five contents that the rules demand, by province and year?
SELECT
    left(region_code, 2) AS province, report_year, count(*) AS reports,
    round(100 * avg(has_measures::INTEGER)) AS measures, round(100 * avg(has_problems::INTEGER)) AS problems,
    round(100 * avg(states_causes::INTEGER)) AS causes, round(100 * avg(has_first_responsible::INTEGER)) AS first_responsible,
    round(100 * avg(has_next_year::INTEGER)) AS next_year, round(100 * avg(has_other_matters::INTEGER)) AS other_matters,
    -- 其他需要报告的情况 are due only where there are such: without them a report is complete
    round(100 * avg((has_measures AND has_problems AND states_causes AND has_first_responsible AND has_next_year)::INTEGER)) AS complete
FROM completeness
GROUP BY ALL
ORDER BY ALL;
