-- 原来公开的年度报告,现在还能打开的有多少?
-- How many of the reports that were once online can still be opened, by portal and year?
-- As of the last time each address was asked; not_asked: ingested files and addresses without a later request.
WITH last_asked AS (
    SELECT url, outcome, fetched_at FROM fetches WHERE http_status IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY url ORDER BY fetched_at DESC) = 1
)
SELECT
    coalesce(p.name, '(files)') AS portal, r.report_year, count(*) AS reports,
    count(*) FILTER (a.outcome IN ('ok', 'unchanged', 'not_modified', 'redirected')) AS there,
    count(*) FILTER (a.outcome IN ('not_found', 'soft_404')) AS gone,
    count(*) FILTER (a.outcome NOT IN ('ok', 'unchanged', 'not_modified', 'redirected', 'not_found', 'soft_404')) AS in_doubt,
    count(*) FILTER (a.outcome IS NULL) AS not_asked, max(a.fetched_at)::DATE AS last_asked_on,
    list(r.url ORDER BY r.url) FILTER (a.outcome IN ('not_found', 'soft_404')) AS gone_addresses
FROM yearly_reports r
LEFT JOIN portals p USING (portal_id)
LEFT JOIN last_asked a ON a.url = r.url
GROUP BY ALL
ORDER BY gone DESC, portal, r.report_year;
