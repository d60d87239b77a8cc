-- Documents from all shards: one row per distinct version (URL × canonical content); the first capture keeps its key.
-- {files} are the shards' document files; a shard is its folder.

CREATE TEMP TABLE captures AS
SELECT document_id, url, content_digest, fetched_at, archive_file, archive_offset, parse_dirpath(filename) AS shard
FROM read_parquet({files}, filename = true);

CREATE TEMP TABLE kept AS
SELECT document_id, shard
FROM captures
QUALIFY row_number() OVER (PARTITION BY url, content_digest ORDER BY fetched_at, archive_file, archive_offset) = 1;

-- When each version was captured last: a page that went back to an earlier text shows that text now.
CREATE TEMP TABLE versions AS
SELECT k.document_id, c.url, c.content_digest, min(c.fetched_at) AS first_captured, max(c.fetched_at) AS last_captured
FROM captures c
JOIN (SELECT c.url, c.content_digest, k.document_id FROM kept k JOIN captures c USING (document_id, shard)) k
    ON k.url = c.url AND k.content_digest = c.content_digest
GROUP BY ALL;
