-- Parts that exclude one another (checks.toml, partition) against their total, within one sentence. Parts lower than
-- their total are no finding unless the sentence names every class there is.
CREATE TEMP TABLE in_sentences AS
SELECT f.*, s.char_start AS sentence
FROM (SELECT * FROM figures WHERE is_canonical AND code IN (SELECT code FROM rule_sentence_codes)) f
ASOF JOIN sentences s ON s.doc = f.doc AND f.place >= s.char_start;

INSERT INTO findings BY NAME
WITH totals AS (
    -- a sentence with two different totals leaves open which is meant
    SELECT r.partition, f.doc, f.sentence, f.period, f.year, min(f.place) AS place, arg_min(f.fact, f.place) AS total
    FROM in_sentences f JOIN rule_totals r ON r.code = f.code
    WHERE f.is_exact
    GROUP BY ALL
    HAVING count(DISTINCT f.value) = 1
),
parts AS (
    SELECT t.partition, t.total, r.overlap, r.must, f.*
    FROM totals t
    JOIN in_sentences f ON f.doc = t.doc AND f.sentence = t.sentence AND f.place > t.place
        AND f.period IS NOT DISTINCT FROM t.period AND f.year IS NOT DISTINCT FROM t.year
    JOIN rule_parts r ON r.partition = t.partition AND r.code = f.code
    WHERE f.is_exact
),
codes AS (
    SELECT partition, total, overlap, code, sum(value) AS value FROM parts GROUP BY ALL
),
overlapping AS (
    SELECT partition, total, max(value) AS least, sum(value) AS most FROM codes GROUP BY partition, total, overlap
),
sums AS (
    SELECT partition, total, sum(least) AS least, sum(most) AS most FROM overlapping GROUP BY ALL
),
listed AS (
    SELECT
        partition, total, count(DISTINCT code) FILTER (must) AS classes, max(place) AS last_place,
        coalesce(sum(step) FILTER (step > 1), 0) AS slack, string_agg(name_of(code) || ' ' || shown(value), ' + ' ORDER BY place) AS sum,
        arg_max(fact, (value, -place)) AS part, arg_max(place, (value, -place)) AS part_place
    FROM parts GROUP BY ALL
),
compared AS (
    SELECT
        f.*, s.least, s.most, l.sum, l.part, l.part_place,
        slack + CASE WHEN f.step > 1 THEN f.step ELSE 0 END AS rounding,
        s.least > f.value + rounding AS too_many,
        s.most < f.value - rounding
            AND l.classes = (SELECT nullif(count(*), 0) FROM rule_parts r WHERE r.partition = s.partition AND r.must) AS too_few,
        substring(d.text, f.place + 1, l.last_place - f.place) AS until_last_part,
        substring(d.text, l.last_place + 1, 12) AS after_last_part
    FROM sums s
    JOIN listed l USING (partition, total)
    JOIN in_sentences f ON f.fact = s.total
    JOIN documents d ON d.rowid = f.doc
    WHERE s.least > f.value OR s.most < f.value
)
SELECT
    CASE WHEN too_many THEN 'parts_exceed_total' ELSE 'parts_miss_total' END AS check_name,
    CASE WHEN too_many THEN 'error' ELSE 'warning' END AS severity,
    doc, doc AS other_doc, fact, part AS other_fact, place, part_place AS other_place, code AS indicator_code,
    value, CASE WHEN too_many THEN least ELSE most END AS other_value,
    format('{}: parts make {}, the total is {} ({})', name_of(code), shown(other_value), shown(value), sum) AS detail
FROM compared, rule_wording w
WHERE (too_many OR too_few)
    AND len(regexp_extract_all(until_last_part, w.nested)) < 2
    AND NOT (NOT too_many AND regexp_matches(after_last_part, w.open));

-- A single part (其中, up to the next comma) larger than every number of its unit before it in the sentence.
CREATE TEMP TABLE numbers AS
WITH told AS (
    SELECT doc, char_start AS sentence, char_start + length(words) AS sentence_end FROM sentences WHERE words IS NOT NULL
),
levels AS (
    SELECT
        p.doc, q.char_start AS place, q.char_end, q.value, q.unit_raw, printed_step(q.quote) AS step,
        q.modifier = 'exact' AND q.value_max IS NULL AS is_exact
    FROM quantities q JOIN papers p USING (document_id)
    WHERE p.is_canonical AND q.measure = 'level' AND q.unit_raw IS NOT NULL AND q.value IS NOT NULL
)
SELECT l.*, t.sentence
FROM levels l ASOF JOIN told t ON t.doc = l.doc AND l.place >= t.sentence
WHERE l.place < t.sentence_end;

INSERT INTO findings BY NAME
WITH pieces AS (
    SELECT
        doc, char_start AS sentence, unnest(string_split(words, '其中')) AS piece,
        generate_subscripts(string_split(words, '其中'), 1) AS n
    FROM sentences
    WHERE words IS NOT NULL
),
places AS (
    SELECT *, (sentence + sum(length(piece) + 2) OVER (PARTITION BY doc, sentence ORDER BY n) - length(piece) - 2)::INTEGER AS after
    FROM pieces
),
spans AS (
    SELECT doc, sentence, after, after + length(regexp_extract(piece, '^[,，:：]?[^,，;；()（）]*')) AS until
    FROM places
    WHERE n > 1
),
larger AS (
    SELECT
        p.doc, p.sentence, p.place AS part_place, p.value AS part_value, p.char_end AS part_end,
        arg_max((t.place, t.value, t.char_end), (t.value, t.place)) AS total
    FROM spans s
    JOIN numbers p ON p.doc = s.doc AND p.sentence = s.sentence AND p.place >= s.after AND p.place < s.until AND p.is_exact
    JOIN numbers t ON t.doc = s.doc AND t.sentence = s.sentence AND t.place < s.after AND t.unit_raw = p.unit_raw
    GROUP BY ALL
    HAVING bool_and(t.is_exact AND exceeds(p.value, p.step, t.value, t.step))
),
found AS (
    SELECT * EXCLUDE (total), total[1] AS place, total[2] AS value, total[3] AS char_end FROM larger
),
named AS (
    -- a number may be several indicators: the one that is first by name
    SELECT f.doc, f.place, arg_min(f.fact, f.code) AS fact, min(f.code) AS code
    FROM figures f
    WHERE f.doc IN (SELECT doc FROM found)
    GROUP BY f.doc, f.place
)
SELECT
    'part_exceeds_total' AS check_name, 'error' AS severity, l.doc, l.doc AS other_doc,
    t.fact, p.fact AS other_fact, l.place, l.part_place AS other_place, coalesce(t.code, p.code) AS indicator_code,
    l.value, l.part_value AS other_value, format('one part is {}, the total before it {}', shown(l.part_value), shown(l.value)) AS detail,
    ltrim(substring(text, greatest(sentence, char_end - 30) + 1, char_end - greatest(sentence, char_end - 30)), ',，、;；。 ') AS quote,
    ltrim(substring(text, greatest(char_end, part_end - 30) + 1, part_end - greatest(char_end, part_end - 30)), ',，、;；。 ') AS other_quote
FROM found l
JOIN documents d ON d.rowid = l.doc
LEFT JOIN named t ON t.doc = l.doc AND t.place = l.place
LEFT JOIN named p ON p.doc = l.doc AND p.place = l.part_place;
