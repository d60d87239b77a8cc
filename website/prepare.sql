-- What several pages ask for, once. Temporary tables, sorted by region: pages are written region by region.

-- A place as pages call it: its short name where GB/T 2260 knows it, else the registry's without 人民政府.
CREATE TEMP TABLE places AS
WITH known AS (
    SELECT region_code, arg_max(name, coalesce(valid_to, 9999)) AS name, arg_max(full_name, coalesce(valid_to, 9999)) AS full_name
    FROM regions GROUP BY region_code
),
covered AS (SELECT region_code, min(region_name) AS region_name FROM coverage GROUP BY region_code),
named AS (
    SELECT
        c.region_code, coalesce(k.name, regexp_replace(c.region_name, '人民政府$', ''), c.region_code) AS name,
        coalesce(k.full_name, regexp_replace(c.region_name, '人民政府$', ''), c.region_code) AS full_name
    FROM covered c LEFT JOIN known k USING (region_code)
),
above AS (  -- provinces and prefectures that have no cell of their own still head their pages
    SELECT DISTINCT unnest([left(region_code, 2) || '0000', left(region_code, 4) || '00']) AS region_code FROM named
)
SELECT region_code, name, full_name, true AS has_page FROM named
UNION ALL
SELECT
    a.region_code,
    coalesce(k.name, CASE WHEN a.region_code LIKE '99%' THEN '虚构地区 ' WHEN a.region_code LIKE '__90__' THEN '直辖县级 ' ELSE '' END || a.region_code) AS name,
    coalesce(k.full_name, name), false
FROM above a LEFT JOIN known k USING (region_code)
WHERE a.region_code NOT IN (SELECT region_code FROM named)
ORDER BY region_code;

-- The reports that have a page, without their text.
CREATE TEMP TABLE listed AS
SELECT
    r.document_id, r.region_code, r.issuer_id, r.issuer_name, r.issuer_kind, r.issuer_level, r.report_year, r.doc_type, r.title, r.char_count,
    r.published_on, t.status AS timeliness, t.days_late, y.document_id IS NOT NULL AS is_yearly,
    CASE WHEN is_yearly THEN lag(r.document_id) OVER same END AS before_id,
    CASE WHEN is_yearly THEN lead(r.document_id) OVER same END AS after_id
FROM reports r
LEFT JOIN yearly_reports y USING (document_id)
LEFT JOIN timeliness t USING (document_id)
WINDOW same AS (PARTITION BY r.issuer_id, y.document_id IS NOT NULL ORDER BY r.report_year, r.document_id)
ORDER BY r.region_code NULLS FIRST, r.document_id;

-- The government that speaks for a region: of several (joint issuers) the one with most yearly reports.
CREATE TEMP TABLE governments AS
SELECT region_code, issuer_id, any_value(issuer_level) AS issuer_level
FROM listed WHERE is_yearly AND issuer_kind = 'government' AND region_code IS NOT NULL
GROUP BY region_code, issuer_id
QUALIFY row_number() OVER (PARTITION BY region_code ORDER BY count(*) DESC, issuer_id) = 1;

-- What the panel holds of these governments, beside what their peers state: counties of the prefecture, prefectures of
-- the province, provinces of the country; the place itself is one of them. `below`: percent of the others with a lower value.
CREATE TEMP TABLE figures AS
SELECT
    *, median(value) OVER peers AS median, count(*) OVER peers AS peers,
    CASE WHEN count(*) OVER peers > 1 THEN 100 * percent_rank() OVER (PARTITION BY indicator_code, report_year, peer_group ORDER BY value) END AS below
FROM (
    SELECT
        v.region_code, v.indicator_code, v.report_year, v.value, q.value_max, v.modifier, v.unit, v.document_id,
        coalesce(q.char_start, i.char_start) AS char_start, v.confidence, g.issuer_level,
        g.issuer_level || left(v.region_code, CASE g.issuer_level WHEN 'county' THEN 4 WHEN 'prefecture' THEN 2 ELSE 0 END) AS peer_group
    FROM indicator_values v
    JOIN governments g USING (region_code, issuer_id)
    JOIN indicators i USING (indicator_id)
    LEFT JOIN quantities q USING (quantity_id)
    WHERE v.chosen
)
WINDOW peers AS (PARTITION BY indicator_code, report_year, peer_group)
ORDER BY region_code, indicator_code, report_year;

-- What an issuer stated in its last report and leaves out in this one, where the two years follow each other.
CREATE TEMP TABLE vanished AS
SELECT now.document_id, now.region_code, now.issuer_id, now.report_year, v.indicator_code, v.value, q.value_max, v.modifier, v.unit,
    v.document_id AS before_id, coalesce(q.char_start, i.char_start) AS char_start
FROM listed now
JOIN indicator_values v ON v.issuer_id = now.issuer_id AND v.report_year = now.report_year - 1 AND v.chosen
JOIN indicators i ON i.indicator_id = v.indicator_id
LEFT JOIN quantities q ON q.quantity_id = i.quantity_id
ANTI JOIN indicator_values w
    ON w.issuer_id = now.issuer_id AND w.report_year = now.report_year AND w.indicator_code = v.indicator_code AND w.chosen
WHERE now.is_yearly
ORDER BY now.region_code NULLS FIRST, now.document_id, v.indicator_code;
