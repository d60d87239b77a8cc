-- Stated rates against the counts of the same report. A rounded or bounded rate (98%以上) is held to what it says.
-- The first denominator of a rule is what the rate is defined over. Where it is not stated, the others only bound it:
-- fewer were concluded than accepted, so that a rate above the one computed is none the worse for it.
CREATE TEMP TABLE rates AS
SELECT r.numerator, r.denominators, s.*
FROM rule_rates r
JOIN stated s ON s.code = r.rate
JOIN indicators i ON i.rowid = s.fact
WHERE s.is_canonical AND s.is_single AND (r.unless IS NULL OR NOT coalesce(regexp_matches(i.quote, r.unless), false));

CREATE TEMP TABLE wholes AS
SELECT
    r.fact AS rate, d.*, bool_or(d.code = r.denominators[1]) OVER (PARTITION BY r.fact) AS is_defined
FROM rates r
JOIN stated d ON d.doc = r.doc AND list_contains(r.denominators, d.code)
WHERE d.is_single AND d.is_exact AND d.value > 0;

CREATE TEMP MACRO rate_gap(stated, low, high, computed) AS (
    CASE WHEN computed > stated AND high THEN computed - stated WHEN computed < stated AND low THEN stated - computed ELSE 0 END
);

-- Numerator and denominator are stated; the rate agrees if it agrees with one denominator.
INSERT INTO findings BY NAME
WITH computed AS (
    SELECT
        r.fact, n.fact AS numerator, w.value AS whole, w.code AS whole_code, 100 * n.value / w.value AS rate,
        rate_gap(r.value, r.low AND w.is_defined, r.high, 100 * n.value / w.value) AS gap
    FROM rates r
    JOIN stated n ON n.doc = r.doc AND n.code = r.numerator AND n.is_single AND n.is_exact
    JOIN wholes w ON w.rate = r.fact
    QUALIFY row_number() OVER (PARTITION BY r.fact ORDER BY gap, w.code) = 1
)
SELECT
    'rate_differs_from_counts' AS check_name, CASE WHEN gap > l.rate_points THEN 'warning' ELSE 'note' END AS severity,
    r.doc, r.doc AS other_doc, r.fact, n.fact AS other_fact, r.place, n.place AS other_place, r.code AS indicator_code, r.value, rate AS other_value,
    format(
        '{} {}% is stated, {} {} of {} {} is {}%', name_of(r.code), shown(r.value), name_of(n.code), shown(n.value),
        name_of(whole_code), shown(whole), shown(round(rate, 1))
    ) AS detail
FROM computed c
JOIN rates r ON r.fact = c.fact
JOIN stated n ON n.fact = c.numerator, rule_limits l
WHERE round(gap, 6) > CASE WHEN r.is_exact THEN r.step ELSE l.rate_points END;

-- Whatever the numerator: no whole number of any denominator gives the rate, nor of any smaller number where the
-- denominator that the rate is defined over is not stated.
INSERT INTO findings BY NAME
WITH possible AS (
    SELECT
        r.fact, w.fact AS whole_fact, r.value AS rate, greatest(r.step, l.rate_points) AS tolerance,
        unnest(CASE WHEN w.is_defined THEN [w.value] ELSE range(1, 1 + w.value::BIGINT)::DOUBLE[] END) AS whole
    FROM rates r
    JOIN wholes w ON w.rate = r.fact, rule_limits l
    WHERE r.is_exact
        AND r.fact NOT IN (SELECT fact FROM findings WHERE check_name = 'rate_differs_from_counts')
        -- of more than fifty some share is always within a point; of a rounded number nobody can tell
        AND NOT EXISTS (
            FROM stated d
            WHERE d.doc = r.doc AND list_contains(r.denominators, d.code)
                AND NOT (d.is_single AND d.is_exact AND d.value <= 50 / l.rate_points)
        )
),
impossible AS (
    SELECT fact, arg_max(whole_fact, (whole, whole_fact)) AS whole_fact
    FROM possible
    GROUP BY fact
    HAVING bool_and(round(abs(rate - 100 * round(rate * whole / 100) / whole), 6) > tolerance)
)
SELECT
    'rate_impossible' AS check_name, 'warning' AS severity, r.doc, r.doc AS other_doc, r.fact, d.fact AS other_fact, r.place, d.place AS other_place,
    r.code AS indicator_code, r.value, d.value AS other_value,
    format('no whole number of {} {} gives {} {}%: the rate is of another number', name_of(d.code), shown(d.value), name_of(r.code), shown(r.value)) AS detail
FROM impossible
JOIN rates r USING (fact)
JOIN stated d ON d.fact = whole_fact;
