-- A report against the report of the year before.
-- What it says of 上年 against what was said then: a finding if it agrees with none of last year's figures of the code.
INSERT INTO findings BY NAME
WITH said AS (
    SELECT f.*, s.before_doc
    FROM figures f JOIN successions s USING (doc)
    WHERE f.period = 'prior_year' AND f.year = f.report_year - 1 AND f.is_exact AND NOT f.is_part
),
agreeing AS (
    SELECT a.fact
    FROM said a JOIN figures b ON b.doc = a.before_doc AND b.code = a.code
    WHERE b.is_current AND NOT differ(a.value, a.step, b.value, b.step)
)
SELECT
    'prior_year_differs' AS check_name, 'warning' AS severity, a.doc, b.doc AS other_doc, a.fact, b.fact AS other_fact, a.place, b.place AS other_place,
    a.code AS indicator_code, a.value, b.value AS other_value,
    format('{} of {}: {} in the report on {}, {} in its own', name_of(a.code), b.report_year, shown(a.value), a.report_year, shown(b.value)) AS detail
FROM said a
JOIN stated b ON b.doc = a.before_doc AND b.code = a.code
WHERE b.is_exact AND a.fact NOT IN (SELECT fact FROM agreeing);

CREATE TEMP TABLE growth AS
SELECT
    a.doc, a.code, a.fact, a.place, a.value, a.step, a.is_exact AND b.is_exact AS is_exact, a.is_part OR b.is_part AS is_part,
    b.doc AS before_doc, b.fact AS before_fact, b.place AS before_place, b.value AS before_value, b.report_year AS before_year,
    coalesce(r.stock, false) AS is_stock
FROM successions s
JOIN stated a ON a.doc = s.doc
JOIN stated b ON b.doc = s.before_doc AND b.code = a.code
JOIN indicator_catalogue c ON c.indicator_code = a.code AND c.kind <> 'ratio'
LEFT JOIN rule_codes r ON r.code = a.code
WHERE a.is_single AND b.is_single;

-- Counts that are last year's, too many to be chance: of counts that vary by `copied_spread` from year to year, one of 100
-- is equal once in 100 × spread, so many of them once in 1 / copied_chance reports.
INSERT INTO findings BY NAME
WITH counts AS (
    SELECT g.*, value = before_value AS is_equal, least(1, step / (value * l.copied_spread)) AS chance
    FROM growth g, rule_limits l
    WHERE is_exact AND NOT is_stock AND value >= l.copied_least
),
reports AS (
    SELECT
        doc, count(*) FILTER (is_equal) AS codes, sum(chance) AS expected,
        string_agg(name_of(code), ', ' ORDER BY place) FILTER (is_equal) AS names,
        arg_min(fact, (chance, place)) FILTER (is_equal) AS fact
    FROM counts
    GROUP BY doc
)
SELECT
    'copied_numbers' AS check_name, 'note' AS severity, g.doc, g.before_doc AS other_doc, g.fact, g.before_fact AS other_fact,
    g.place, g.before_place AS other_place, g.code AS indicator_code, g.value, g.before_value AS other_value,
    format('{} counts are those of the report on {}: {}', codes, g.before_year, names) AS detail
FROM reports r
JOIN growth g ON g.fact = r.fact, rule_limits l
WHERE codes >= l.copied_codes AND pow(expected, codes) / gamma(codes + 1) < l.copied_chance;

-- Many times, or a small share of, last year's: another scope, a slip of 万, or news.
INSERT INTO findings BY NAME
SELECT
    'sudden_jump' AS check_name, 'note' AS severity, g.doc, g.before_doc AS other_doc, g.fact, g.before_fact AS other_fact,
    g.place, g.before_place AS other_place, g.code AS indicator_code, g.value, g.before_value AS other_value,
    format('{}: {} after {} in {}', name_of(g.code), shown(g.value), shown(g.before_value), g.before_year) AS detail
FROM growth g, rule_limits l
WHERE NOT g.is_part AND least(g.value, g.before_value) > 0
    AND greatest(g.value, g.before_value) > l.jump_times * least(g.value, g.before_value)
    AND greatest(g.value, g.before_value) >= l.jump_least;
