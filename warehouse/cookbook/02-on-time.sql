-- 各省各级的年度报告有多少在4月1日前公开?(2017年及以前的报告按3月31日)
-- What share of the yearly reports came online by 1 April (31 March for 2017 and before), by province and level?
-- unknown: no date, or a late one that is not to be trusted; so the share lies between the two percentages.
-- The median of days_late counts dates of high trust only.
SELECT
    left(region_code, 2) AS province, issuer_level, report_year, count(*) AS reports,
    count(*) FILTER (status = 'on_time') AS on_time, count(*) FILTER (status = 'late') AS late,
    count(*) FILTER (status = 'unknown') AS unknown,
    round(100 * count(*) FILTER (status = 'on_time') / count(*), 1) AS percent_at_least,
    round(100 * count(*) FILTER (status <> 'late') / count(*), 1) AS percent_at_most,
    median(days_late) FILTER (date_trust = 'high') AS median_days_late
FROM timeliness
GROUP BY left(region_code, 2), issuer_level, report_year
ORDER BY ALL;
