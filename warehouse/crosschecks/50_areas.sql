-- A government's figure for its whole area against the figures of the governments below it, same year and code.
-- Where the sentence does not name the area (全市, 各县) it may be the government's own after all: a note, and no sum.
CREATE TEMP TABLE compared_areas AS
WITH above AS (
    SELECT region_code, arg_max(parent_code, valid_from) AS parent_code FROM regions WHERE valid_to IS NULL GROUP BY region_code
),
below AS (
    -- a place that the region tables do not know lies in the area whose code it begins with
    SELECT s.*, p.region_code, CASE WHEN u.region_code IS NULL THEN left(p.region_code, 4) || '00' ELSE u.parent_code END AS parent_code
    FROM stated s
    JOIN rule_codes r ON r.code = s.code AND r.additive
    JOIN papers p ON p.doc = s.doc
    LEFT JOIN above u ON u.region_code = p.region_code
    WHERE p.is_canonical AND p.is_yearly AND p.issuer_kind = 'government' AND NOT s.is_part AND s.is_single AND s.low
),
whole AS (
    -- the largest that the report gives for the area: nothing smaller can be held against it
    SELECT f.*, p.region_code
    FROM figures f JOIN papers p ON p.doc = f.doc
    WHERE p.is_canonical AND p.is_yearly AND p.issuer_kind = 'government' AND p.issuer_level IN ('prefecture', 'province')
        AND f.is_current AND f.scope = 'area' AND NOT f.is_part
    QUALIFY row_number() OVER (PARTITION BY f.doc, f.code ORDER BY f.value DESC, f.place) = 1
)
SELECT
    w.doc, w.fact, w.place, w.code, w.value, w.step,
    b.doc AS part_doc, b.fact AS part, b.place AS part_place, b.value AS part_value, b.step AS part_step,
    exceeds(b.value, b.step, w.value, w.step) AS is_larger
FROM whole w
JOIN below b ON b.code = w.code AND b.report_year = w.report_year AND b.parent_code = w.region_code AND b.region_code <> w.region_code
WHERE w.high;

CREATE TEMP TABLE contained AS
SELECT
    c.*,
    coalesce(regexp_matches(substring(d.text, greatest(c.place - 60, 0) + 1, least(c.place, 60)), w.area), false) AS is_said
FROM compared_areas c JOIN documents d ON d.rowid = c.doc, rule_wording w;

INSERT INTO findings BY NAME
SELECT
    'area_below_part' AS check_name, CASE WHEN is_said THEN 'warning' ELSE 'note' END AS severity,
    doc, part_doc AS other_doc, fact, part AS other_fact, place, part_place AS other_place,
    code AS indicator_code, value, part_value AS other_value,
    format('{} of the whole area {}, of one region in it {}', name_of(code), shown(value), shown(part_value))
        || CASE WHEN is_said THEN '' ELSE ' (the sentence does not name the area)' END AS detail
FROM contained
WHERE is_larger;

INSERT INTO findings BY NAME
WITH sums AS (
    SELECT
        doc, fact, place, code, value, step, sum(part_value) AS sum, sum(part_step) AS slack, count(*) AS regions,
        arg_max((part_doc, part, part_place), (part_value, part_doc)) AS largest
    FROM contained
    WHERE is_said
    GROUP BY ALL
    HAVING count(*) > 1 AND NOT bool_or(is_larger)
)
SELECT
    'area_below_sum' AS check_name, 'note' AS severity, doc, largest[1] AS other_doc, fact, largest[2] AS other_fact, place, largest[3] AS other_place,
    code AS indicator_code, value, sum AS other_value,
    format('{} of the whole area {}, of {} regions in it together {}; the largest is quoted', name_of(code), shown(value), regions, shown(sum)) AS detail
FROM sums
WHERE exceeds(sum, slack, value, step);
