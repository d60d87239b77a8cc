-- What needs all documents at once. Runs on the filled base tables, before the views.

-- One row per distinct document version (URL × canonical content): the first capture keeps its key.
CREATE TEMP TABLE later_captures AS
SELECT document_id
FROM documents
QUALIFY row_number() OVER (PARTITION BY url, content_digest ORDER BY fetched_at, archive_file, archive_offset) > 1;

DELETE FROM documents USING later_captures l WHERE documents.document_id = l.document_id;
DELETE FROM sections USING later_captures l WHERE sections.document_id = l.document_id;
DELETE FROM quantities USING later_captures l WHERE quantities.document_id = l.document_id;
DELETE FROM indicators USING later_captures l WHERE indicators.document_id = l.document_id;

-- The newest run's registry row of each portal.
CREATE TEMP TABLE newest_portals AS SELECT DISTINCT ON (portal_id) * FROM portals ORDER BY portal_id, rowid DESC;
DELETE FROM portals;
INSERT INTO portals SELECT * FROM newest_portals ORDER BY portal_id;

-- Groups: the yearly report of one issuer and year in its versions; other reports by type; everything else by address.
CREATE TEMP TABLE grouped AS
WITH keyed AS (
    SELECT
        document_id,
        url,
        fetched_at,
        CASE
            WHEN issuer_id IS NULL OR report_year IS NULL THEN NULL
            WHEN doc_type IN ('annual_report', 'npc_report', 'self_check') THEN issuer_id || ':' || report_year || ':yearly'
            WHEN doc_type IN ('party_report', 'white_paper', 'interim_report', 'multi_year_report')
                THEN issuer_id || ':' || report_year || ':' || doc_type
        END AS report_key
    FROM documents
)
SELECT
    document_id,
    coalesce(
        report_key,
        -- an earlier or later version of the same address
        first_value(report_key) OVER (
            PARTITION BY url ORDER BY report_key IS NULL, fetched_at DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ),
        'url:' || md5(url)
    ) AS duplicate_group
FROM keyed;

UPDATE documents SET duplicate_group = g.duplicate_group FROM grouped g WHERE documents.document_id = g.document_id;

-- The one to count: latest version of its address, issuer's own portal first, annual before npc, longer, URL order.
CREATE TEMP TABLE canonical AS
SELECT document_id
FROM (
    SELECT
        d.*,
        row_number() OVER (PARTITION BY d.url ORDER BY d.fetched_at DESC, d.document_id) AS version,
        coalesce(p.region_code = d.region_code, false) AS own_host
    FROM documents d
    LEFT JOIN portals p USING (portal_id)
    WHERE d.doc_type IN (
        'annual_report', 'npc_report', 'party_report', 'white_paper', 'self_check', 'interim_report', 'multi_year_report'
    ) AND NOT d.needs_ocr
)
WHERE version = 1
QUALIFY row_number() OVER (
    PARTITION BY duplicate_group
    ORDER BY own_host DESC, (doc_type = 'annual_report') DESC, (doc_type = 'npc_report') DESC, char_count DESC, url
) = 1;

UPDATE documents SET is_canonical = document_id IN (SELECT document_id FROM canonical);
