-- Stages of one thing: a later one that is surely more than an earlier one.
-- Two codes are compared where each has one figure of the year in the report; else where each has one, of the same
-- period, in the same sentence.
INSERT INTO findings BY NAME
WITH alone AS (
    SELECT *, CASE WHEN is_current THEN 'current' ELSE period END AS period_of
    FROM in_sentences
    QUALIFY count(*) OVER (PARTITION BY doc, sentence, code, period_of, year) = 1
),
pairs AS (
    SELECT a.fact AS less, b.fact AS more, r.severity
    FROM rule_orders r
    JOIN stated a ON a.code = r.less
    JOIN stated b ON b.code = r.more AND b.doc = a.doc
    WHERE a.is_canonical AND a.is_single AND b.is_single
    UNION ALL
    SELECT a.fact, b.fact, r.severity
    FROM rule_orders r
    JOIN alone a ON a.code = r.less
    JOIN alone b ON b.code = r.more AND b.doc = a.doc AND b.sentence = a.sentence
        AND b.period_of = a.period_of AND b.year IS NOT DISTINCT FROM a.year AND b.is_part = a.is_part
    LEFT JOIN stated x ON x.doc = a.doc AND x.code = a.code
    LEFT JOIN stated y ON y.doc = b.doc AND y.code = b.code
    WHERE NOT (a.is_current AND x.is_single AND y.is_single)
)
SELECT
    'stages_out_of_order' AS check_name, severity, a.doc, a.doc AS other_doc, a.fact, b.fact AS other_fact, a.place, b.place AS other_place,
    a.code AS indicator_code, a.value, b.value AS other_value,
    format('{} {} is more than {} {}', name_of(a.code), shown(a.value), name_of(b.code), shown(b.value))
        || CASE WHEN severity = 'note' THEN ' (cases carried over may explain it)' ELSE '' END AS detail
FROM pairs
JOIN figures a ON a.fact = less
JOIN figures b ON b.fact = more
WHERE a.low AND b.high AND exceeds(a.value, a.step, b.value, b.step);
