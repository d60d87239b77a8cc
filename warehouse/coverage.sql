-- Coverage: for each region, year and kind of issuer a status, and what it stands on.
--
-- Before this runs, warehouse/coverage.py fills two temporary tables:
--   unread(url, region_code, issuer_kind, report_year, evidence, detail, page_id)
--       what should be a yearly report, by its page or by its title in a list, and was not received or not understood;
--       page_id: the page whose text is in that file
--   places(region_code, portal_id, homepage, name)
--       the portals that count: those crawled, and all of the project's registry where they come from it
--
-- A cell takes the first reason that holds, by `place`:
--    1 found · 2 needs_ocr · 3 attachment_only · 4 parse_failed (a page) · 5 blocked (a page)
--    6 not_found, not_crawled (a page that is listed and did not come) · 7 not_due
--    8 blocked (the lists) · 9 not_found · 10 parse_failed (the lists) · 11 not_located · 12 not_crawled
-- What is known of the report itself goes before what is known of the portal; of a region's portals a blocked one goes
-- before one that was read, because absence is not known then. All days are days in China.

INSERT INTO coverage BY NAME
WITH clock AS (
    SELECT (max(fetched_at) AT TIME ZONE 'Asia/Shanghai')::DATE AS as_of
    FROM (SELECT fetched_at FROM fetches UNION ALL SELECT fetched_at FROM documents)
),
-- ---------------------------------------------------------------- which cells there are
yearly AS (
    SELECT
        region_code, issuer_kind, report_year, count(*) AS reports, min(document_id) AS document_id,
        arg_min(url, document_id) AS url, arg_min(doc_type, document_id) AS doc_type
    FROM yearly_reports
    WHERE region_code IS NOT NULL AND issuer_kind IS NOT NULL
    GROUP BY region_code, issuer_kind, report_year
),
kinds AS (
    SELECT region_code, 'government' AS issuer_kind FROM places
    UNION SELECT region_code, 'government' FROM yearly
    UNION SELECT region_code, issuer_kind FROM yearly
),
cells AS (
    SELECT region_code, issuer_kind, year::INTEGER AS report_year
    FROM kinds, (SELECT unnest(generate_series(2015, year(as_of) - 1)) AS year FROM clock)
    UNION SELECT region_code, issuer_kind, report_year FROM yearly
),
due AS (
    SELECT region_code, issuer_kind, report_year, due_on(report_year) AS due_on, as_of FROM cells, clock
),
-- ---------------------------------------------------------------- what is known of the report itself
held AS (  -- an attached file is what its page is
    SELECT
        coalesce(p.region_code, d.region_code) AS region_code, coalesce(p.issuer_kind, d.issuer_kind) AS issuer_kind,
        coalesce(p.report_year, d.report_year) AS report_year, d.document_id, d.url, d.needs_ocr
    FROM documents d
    LEFT JOIN documents p ON p.document_id = d.parent_document_id
    WHERE coalesce(p.doc_type, d.doc_type) IN ('annual_report', 'npc_report', 'self_check')
        AND (d.needs_ocr OR list_contains(d.flags, 'text_in_attachment'))
),
known AS (
    SELECT region_code, issuer_kind, report_year, 1 AS place, 'found' AS status, 'document' AS evidence, document_id, url, doc_type AS detail
    FROM yearly
    UNION ALL
    SELECT
        region_code, issuer_kind, report_year, if(needs_ocr, 2, 3), if(needs_ocr, 'needs_ocr', 'attachment_only'), 'document',
        document_id, url, if(needs_ocr, 'a scan without a text layer', 'the file is not held')
    FROM held
    UNION ALL
    SELECT
        region_code, issuer_kind, report_year,
        CASE
            WHEN page_id IS NOT NULL THEN 3 WHEN evidence = 'quarantine' THEN 4 WHEN detail IN ('blocked', 'rate_limited') THEN 5 ELSE 6
        END AS place,
        CASE
            WHEN page_id IS NOT NULL THEN 'attachment_only'
            WHEN evidence = 'quarantine' THEN 'parse_failed'
            WHEN detail IN ('blocked', 'rate_limited') THEN 'blocked'
            WHEN detail IN ('not_found', 'soft_404') THEN 'not_found'
            ELSE 'not_crawled'
        END,
        evidence, page_id, url, detail
    FROM unread
),
-- ---------------------------------------------------------------- what is known of the portal
good AS (SELECT unnest(['ok', 'unchanged', 'not_modified']) AS outcome),
last_run AS (
    SELECT portal_id, max(run_id) AS run_id FROM fetches WHERE portal_id IS NOT NULL AND method <> 'INGEST' GROUP BY portal_id
),
parsed AS (
    SELECT portal_id, max("at") AS seen_at, arg_max(column_url, ("at", column_url)) AS url
    FROM lists WHERE row_count > 0 AND (of_reports OR wanted_count > 0) GROUP BY portal_id
),
unparsed AS (
    SELECT portal_id, max("at") AS seen_at, arg_max(url, ("at", url)) AS url
    FROM lists WHERE of_reports AND coalesce(row_count, 0) = 0 AND outcome IN (FROM good) GROUP BY portal_id
),
asked AS (
    SELECT portal_id, max(fetched_at) AS seen_at, arg_max(url, (fetched_at, url)) AS url
    FROM fetches WHERE purpose IN ('home', 'list') AND outcome IN (FROM good) GROUP BY portal_id
),
refused AS (
    SELECT f.portal_id, max(f.fetched_at) AS seen_at, arg_max(f.url, (f.fetched_at, f.url)) AS url, arg_max(f.outcome, (f.fetched_at, f.url)) AS outcome
    FROM fetches f JOIN last_run USING (portal_id, run_id)
    WHERE f.purpose IN ('home', 'list') AND f.outcome IN ('blocked', 'rate_limited') GROUP BY f.portal_id
),
failed AS (
    SELECT portal_id, max(fetched_at) AS seen_at, arg_max(url, (fetched_at, url)) AS url, arg_max(outcome, (fetched_at, url)) AS outcome
    FROM fetches WHERE purpose IN ('home', 'list') AND outcome NOT IN (FROM good) AND outcome <> 'redirected' GROUP BY portal_id
),
portal_facts AS (
    SELECT
        p.region_code, p.portal_id, p.homepage,
        (parsed.seen_at AT TIME ZONE 'Asia/Shanghai')::DATE AS parsed_on, parsed.url AS parsed_url,
        (unparsed.seen_at AT TIME ZONE 'Asia/Shanghai')::DATE AS unparsed_on, unparsed.url AS unparsed_url,
        (asked.seen_at AT TIME ZONE 'Asia/Shanghai')::DATE AS asked_on, asked.url AS asked_url,
        refused.url AS refused_url, refused.outcome AS refused_outcome,
        if(failed.seen_at > coalesce(asked.seen_at, '-infinity'), failed.url, NULL) AS failed_url, failed.outcome AS failed_outcome
    FROM places p
    LEFT JOIN parsed USING (portal_id)
    LEFT JOIN unparsed USING (portal_id)
    LEFT JOIN asked USING (portal_id)
    LEFT JOIN refused USING (portal_id)
    LEFT JOIN failed USING (portal_id)
),
by_portal AS (
    SELECT
        region_code, issuer_kind, report_year,
        CASE
            WHEN parsed_on > due_on THEN ['9', 'not_found', 'list', parsed_url, 'read on ' || parsed_on]
            WHEN refused_url IS NOT NULL THEN ['8', 'blocked', 'fetch', refused_url, refused_outcome]
            WHEN unparsed_on > due_on THEN ['10', 'parse_failed', 'list', unparsed_url, 'no rows on ' || unparsed_on]
            WHEN asked_on > due_on THEN ['11', 'not_located', 'fetch', asked_url, 'read on ' || asked_on || coalesce(', column last read on ' || parsed_on, '')]
            WHEN failed_url IS NOT NULL THEN ['12', 'not_crawled', 'fetch', failed_url, failed_outcome]
            WHEN asked_on IS NOT NULL THEN ['12', 'not_crawled', 'fetch', asked_url, 'not asked since ' || asked_on]
            ELSE ['12', 'not_crawled', 'registry', homepage, 'never asked']
        END AS reason
    FROM due
    JOIN portal_facts USING (region_code)
),
-- ---------------------------------------------------------------- the first reason that holds
reasons AS (
    SELECT * FROM known
    UNION ALL
    SELECT region_code, issuer_kind, report_year, 7, 'not_due', 'deadline', NULL, NULL, NULL FROM due WHERE as_of <= due_on
    UNION ALL
    SELECT region_code, issuer_kind, report_year, reason[1]::INTEGER, reason[2], reason[3], NULL, reason[4], reason[5] FROM by_portal
    UNION ALL
    SELECT region_code, issuer_kind, report_year, 13, 'not_crawled', 'registry', NULL, NULL, 'no portal of the region in the registry' FROM due
),
first_reason AS (
    SELECT DISTINCT ON (region_code, issuer_kind, report_year) *
    FROM reasons
    -- of a page and the file that was not read, the file tells more
    ORDER BY region_code, issuer_kind, report_year, place, (evidence = 'document'), url NULLS LAST, document_id
),
region_names AS (
    SELECT region_code, arg_min(name, (standing, name)) AS name
    FROM (
        SELECT region_code, full_name AS name, 1 AS standing FROM regions WHERE valid_to IS NULL
        UNION ALL SELECT region_code, region_name, 2 FROM documents WHERE region_name IS NOT NULL
        UNION ALL SELECT region_code, name, 3 FROM places
    )
    GROUP BY region_code
)
SELECT
    d.region_code, n.name AS region_name,
    CASE WHEN d.region_code LIKE '__0000' THEN 'province' WHEN d.region_code LIKE '____00' THEN 'prefecture' ELSE 'county' END AS region_level,
    d.report_year, d.issuer_kind, r.status, coalesce(y.reports, 0) AS reports, r.evidence, r.document_id, r.url AS evidence_url,
    r.detail, d.due_on, d.as_of
FROM due d
JOIN first_reason r USING (region_code, issuer_kind, report_year)
LEFT JOIN yearly y USING (region_code, issuer_kind, report_year)
LEFT JOIN region_names n USING (region_code)
ORDER BY d.region_code, d.report_year, d.issuer_kind;
