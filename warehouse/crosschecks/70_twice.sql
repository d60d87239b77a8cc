-- The same thing counted twice in one report (codes marked single). Same words: a warning; other words may mean
-- something else: a note.
INSERT INTO findings BY NAME
WITH several AS (
    SELECT f.*, r.unless
    FROM figures f JOIN rule_codes r ON r.code = f.code AND r.single
    WHERE f.is_canonical AND f.is_current AND f.is_exact AND NOT f.is_part
    WINDOW same AS (PARTITION BY f.doc, f.code, f.scope)
    QUALIFY min(f.value) OVER same < max(f.value) OVER same
),
whole AS (
    SELECT s.*, q.subject
    FROM several s
    JOIN indicators i ON i.rowid = s.fact
    LEFT JOIN quantities q ON q.quantity_id = i.quantity_id, rule_wording w
    WHERE NOT coalesce(regexp_matches(half_width(i.quote), w.slice), false)
        AND (s.unless IS NULL OR NOT coalesce(regexp_matches(i.quote, s.unless), false))
),
firsts AS (
    SELECT * FROM whole
    QUALIFY row_number() OVER (PARTITION BY doc, code, scope ORDER BY place, value) = 1
)
SELECT
    'stated_twice' AS check_name, CASE WHEN b.subject = a.subject THEN 'warning' ELSE 'note' END AS severity,
    a.doc, a.doc AS other_doc, a.fact, b.fact AS other_fact, a.place, b.place AS other_place, a.code AS indicator_code, a.value, b.value AS other_value,
    format('{}: {} and {} in one report', name_of(a.code), shown(a.value), shown(b.value)) AS detail
FROM firsts a
JOIN whole b ON b.doc = a.doc AND b.code = a.code AND b.scope = a.scope
WHERE differ(a.value, a.step, b.value, b.step)
QUALIFY row_number() OVER (PARTITION BY a.fact, b.value ORDER BY b.place) = 1;
