-- 复议多的地方,诉讼是不是就少?(县与年份双向固定效应)
-- Where more people ask for reconsideration, do fewer go to court? (within county and year)
-- Each figure less its county's mean and its year's, plus the mean of all: the slope is that of a regression with both
-- fixed effects if every county states both figures in every year; else it is near it, and a regression proper is better.
WITH both_stated AS (
    SELECT region_code, report_year, litigation_cases AS court, reconsideration_applications_received AS asked
    FROM indicator_panel
    WHERE issuer_kind = 'government' AND litigation_cases IS NOT NULL AND reconsideration_applications_received IS NOT NULL
),
within AS (
    SELECT
        region_code, report_year,
        court - avg(court) OVER county - avg(court) OVER year + avg(court) OVER () AS court,
        asked - avg(asked) OVER county - avg(asked) OVER year + avg(asked) OVER () AS asked
    FROM both_stated
    WINDOW county AS (PARTITION BY region_code), year AS (PARTITION BY report_year)
)
SELECT
    count(*) AS county_years, count(DISTINCT region_code) AS counties,
    CASE WHEN var_pop(asked) > 0 THEN round(regr_slope(court, asked), 3) END AS cases_in_court_per_application,
    CASE WHEN var_pop(asked) > 0 AND var_pop(court) > 0 THEN round(corr(court, asked), 3) END AS correlation
FROM within;
