-- 新行政复议法2024年施行前后,各县的复议案件量变了多少?
-- By how much did reconsideration grow in each county when the new law came into force in 2024?
-- Only reports whose stages agree: not more cases accepted than applications received.
WITH sound AS (
    SELECT region_code, issuer_name, report_year, reconsideration_applications_received AS received, reconsideration_cases_accepted AS accepted
    FROM indicator_panel
    WHERE issuer_kind = 'government'
        AND coalesce(reconsideration_cases_accepted <= reconsideration_applications_received, true)
)
SELECT
    a.region_code, a.issuer_name, b.received AS received_2023, a.received AS received_2024,
    round(a.received / nullif(b.received, 0), 2) AS times_received,
    b.accepted AS accepted_2023, a.accepted AS accepted_2024, round(a.accepted / nullif(b.accepted, 0), 2) AS times_accepted
FROM sound a
JOIN sound b ON b.region_code = a.region_code AND b.report_year = 2023
WHERE a.report_year = 2024 AND (a.received + b.received IS NOT NULL OR a.accepted + b.accepted IS NOT NULL)
ORDER BY coalesce(times_received, times_accepted) DESC, a.region_code;
