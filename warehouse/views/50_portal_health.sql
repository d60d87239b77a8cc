-- Health of a portal: its list pages still parse. "Nothing new" is normal eleven months a year, "nothing parsed" never is.
-- One row per portal of the newest registry, as of its last crawl (never the wall clock).
CREATE VIEW portal_health AS
WITH last_run AS (
    SELECT portal_id, max(run_id) AS run_id FROM fetches WHERE portal_id IS NOT NULL AND method <> 'INGEST' GROUP BY portal_id
),
asked AS (
    SELECT
        f.portal_id, f.run_id, max(f.fetched_at) AS last_asked_at, count(*) AS requests,
        count(*) FILTER (f.outcome = 'blocked') AS blocked,
        count(*) FILTER (f.outcome IN ('timeout', 'dns_error', 'tls_error', 'connection_error', 'broken_response', 'server_error')) AS unreachable
    FROM fetches f JOIN last_run USING (portal_id, run_id)
    GROUP BY ALL
),
parsed AS (
    SELECT
        l.portal_id, l.run_id, count(*) FILTER (l.row_count > 0) AS lists_parsed, sum(l.row_count) AS rows_seen,
        sum(l.wanted_count) AS reports_listed,
        mode(l.family ORDER BY l.family) AS family
    FROM lists l JOIN last_run USING (portal_id, run_id)
    GROUP BY ALL
)
SELECT
    p.portal_id, p.name, p.region_code, a.run_id, a.last_asked_at, coalesce(a.requests, 0) AS requests,
    coalesce(l.lists_parsed, 0) AS lists_parsed, coalesce(l.rows_seen, 0) AS rows_seen,
    coalesce(l.reports_listed, 0) AS reports_listed, l.family, coalesce(a.blocked, 0) AS blocked,
    (SELECT count(*) FROM reports r WHERE r.portal_id = p.portal_id) AS reports_held,
    CASE
        WHEN a.run_id IS NULL THEN 'not_asked'
        WHEN l.lists_parsed > 0 THEN 'healthy'
        WHEN a.blocked > 0 THEN 'blocked'
        WHEN a.unreachable = a.requests THEN 'unreachable'
        ELSE 'nothing_parsed'
    END AS health
FROM portals p
LEFT JOIN asked a USING (portal_id)
LEFT JOIN parsed l USING (portal_id);
COMMENT ON VIEW portal_health IS 'Per portal, as of its last crawl: do its list pages still parse?';
COMMENT ON COLUMN portal_health.run_id IS 'the last run that asked it';
COMMENT ON COLUMN portal_health.last_asked_at IS 'its last request in that run';
COMMENT ON COLUMN portal_health.requests IS 'requests of that run';
COMMENT ON COLUMN portal_health.lists_parsed IS 'list pages of that run that gave rows';
COMMENT ON COLUMN portal_health.rows_seen IS 'rows on them';
COMMENT ON COLUMN portal_health.reports_listed IS 'rows on them that triage lets through';
COMMENT ON COLUMN portal_health.family IS 'portal family that read most of them';
COMMENT ON COLUMN portal_health.blocked IS 'challenge or block pages in that run';
COMMENT ON COLUMN portal_health.reports_held IS 'canonical reports from this portal, of all runs';
COMMENT ON COLUMN portal_health.health IS 'healthy: a list was parsed; blocked; unreachable: no request was answered; nothing_parsed: answers, but no list among them; not_asked';
