-- What needs all documents at once; runs after the tables are filled (load.sql) and groups are known (copies.py).

-- The newest run's registry row of each portal.
CREATE TEMP TABLE newest_portals AS SELECT DISTINCT ON (portal_id) * FROM portals ORDER BY portal_id, rowid DESC;
DELETE FROM portals;
INSERT INTO portals SELECT * FROM newest_portals ORDER BY portal_id;

-- An attached file points to the page that carries it and takes from it the dates and numbers that it has not.
CREATE TEMP TABLE carriers AS
SELECT d.document_id, p.document_id AS parent_id
FROM documents d
JOIN fetches f ON f.url = d.url AND f.purpose = 'attachment'
JOIN documents p ON p.url = f.found_on_url
JOIN versions v ON v.document_id = p.document_id
QUALIFY row_number() OVER (PARTITION BY d.document_id ORDER BY v.last_captured DESC, p.document_id) = 1;

-- What a person put right (corrections.py has flagged it) stays.
CREATE TEMP MACRO by_hand(flags, name) AS list_contains(flags, 'corrected:' || name);

UPDATE documents SET parent_document_id = c.parent_id
FROM carriers c WHERE documents.document_id = c.document_id AND NOT by_hand(documents.flags, 'parent_document_id');

CREATE TEMP TABLE given AS
SELECT
    d.document_id,
    d.published_on IS NULL AND NOT by_hand(d.flags, 'published_on') AS takes_date,
    CASE WHEN takes_date THEN p.published_on ELSE d.published_on END AS published_on,
    CASE WHEN takes_date THEN p.published_on_basis ELSE d.published_on_basis END AS published_on_basis,
    CASE WHEN by_hand(d.flags, 'index_number') THEN d.index_number ELSE coalesce(d.index_number, p.index_number) END AS index_number,
    CASE WHEN by_hand(d.flags, 'document_number') THEN d.document_number ELSE coalesce(d.document_number, p.document_number) END AS document_number
FROM documents d JOIN documents p ON p.document_id = d.parent_document_id;

UPDATE documents SET
    published_on = g.published_on, published_on_basis = g.published_on_basis,
    index_number = g.index_number, document_number = g.document_number
FROM given g WHERE documents.document_id = g.document_id;

UPDATE documents SET duplicate_group = g.duplicate_group FROM groups g WHERE documents.document_id = g.document_id;

-- The one to count: the one that a person chose, else latest version of its address, issuer's own portal first, annual before npc, longer, URL order.
CREATE TEMP TABLE canonical AS
SELECT document_id
FROM (
    SELECT
        d.*,
        row_number() OVER (PARTITION BY d.url, d.duplicate_group ORDER BY v.last_captured DESC, d.document_id) AS version,
        coalesce(p.region_code = d.region_code, false) AS own_host,
        coalesce(c.is_canonical, false) AS is_chosen
    FROM documents d
    JOIN versions v USING (document_id)
    LEFT JOIN portals p USING (portal_id)
    LEFT JOIN chosen c USING (document_id)
    WHERE d.doc_type IN (
        'annual_report', 'npc_report', 'party_report', 'white_paper', 'self_check', 'interim_report', 'multi_year_report'
    ) AND NOT d.needs_ocr AND NOT list_contains(d.flags, 'text_in_attachment') AND coalesce(c.is_canonical, true)
)
WHERE version = 1 OR is_chosen
QUALIFY row_number() OVER (
    PARTITION BY duplicate_group
    ORDER BY is_chosen DESC, own_host DESC, (doc_type = 'annual_report') DESC, (doc_type = 'npc_report') DESC, char_count DESC, url
) = 1;

UPDATE documents SET is_canonical = document_id IN (SELECT document_id FROM canonical);

-- An address that no longer answers with a document, at the last time it was asked: its last version stays, flagged.
CREATE TEMP TABLE vanished AS
WITH last_asked AS (
    SELECT url, outcome, fetched_at FROM fetches
    WHERE outcome IN ('ok', 'unchanged', 'not_modified', 'not_found', 'soft_404')
    QUALIFY row_number() OVER (PARTITION BY url ORDER BY fetched_at DESC, run_id DESC, outcome) = 1
)
SELECT d.url, d.document_id
FROM documents d
JOIN versions v USING (document_id)
JOIN last_asked a ON a.url = d.url AND a.fetched_at > v.last_captured AND a.outcome IN ('not_found', 'soft_404')
QUALIFY row_number() OVER (PARTITION BY d.url ORDER BY v.last_captured DESC, d.document_id) = 1;

UPDATE documents SET flags = list_append(flags, 'removed_from_portal')
WHERE document_id IN (SELECT document_id FROM vanished);

INSERT INTO document_changes
SELECT url, document_id, NULL, 'removed', NULL, NULL FROM vanished ORDER BY url;
