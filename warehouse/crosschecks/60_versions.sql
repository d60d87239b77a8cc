-- Versions of one report at different addresses (as delivered to the congress, as published): figures that differ.
-- Of an address that changed only its latest text counts; the change itself is in document_changes.
INSERT INTO findings BY NAME
WITH versions AS (
    SELECT * FROM papers
    WHERE is_yearly AND duplicate_group IN (
        SELECT duplicate_group FROM papers WHERE is_yearly GROUP BY duplicate_group HAVING count(*) > 1
    )
    QUALIFY is_canonical OR row_number() OVER (PARTITION BY duplicate_group, url ORDER BY fetched_at DESC, document_id) = 1
),
told AS (
    -- figures that a version gives once for a scope and period
    SELECT f.*, v.url, v.doc_type, v.duplicate_group
    FROM figures f JOIN versions v ON v.doc = f.doc
    WHERE f.is_exact AND NOT f.is_part
    QUALIFY count(*) OVER (PARTITION BY f.doc, f.code, f.period, f.year, f.scope) = 1
)
SELECT
    'versions_differ' AS check_name, 'warning' AS severity, a.doc, b.doc AS other_doc, a.fact, b.fact AS other_fact, a.place, b.place AS other_place,
    a.code AS indicator_code, a.value, b.value AS other_value,
    format('{}: {} in the version to count, {} in another ({})', name_of(a.code), shown(a.value), shown(b.value), b.doc_type) AS detail
FROM told a
JOIN told b ON b.duplicate_group = a.duplicate_group AND b.code = a.code AND b.period = a.period
    AND b.year IS NOT DISTINCT FROM a.year AND b.scope = a.scope AND b.url <> a.url
WHERE a.is_canonical AND NOT b.is_canonical AND differ(a.value, a.step, b.value, b.step);
