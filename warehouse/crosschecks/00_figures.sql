-- What the checks compare: figures of reports with what they need of their document, their print and their sentence.
-- The rules of knowledge/checks.toml stand in temp tables rule_* (warehouse/crosschecks.py). Rows are kept narrow: a fact
-- is the rowid of its row in indicators, a doc that of its row in documents; words are joined where something is found.

CREATE TEMP MACRO half_width(s) AS translate(s, '０１２３４５６７８９．，％', '0123456789.,%');
-- One unit of the last printed digit: 1 of 28件, 0.1 of 98.6%, 1000 of 3.2万件, 100 of 653.51万元.
CREATE TEMP MACRO printed_step(s) AS (
    CASE WHEN NOT regexp_matches(s, '[.．百千万亿]') THEN 1 ELSE
        CASE regexp_extract(half_width(s), '(十万|百万|千万|万|亿|千|百)?[^0-9.]*$', 1)
            WHEN '百' THEN 1e2 WHEN '千' THEN 1e3 WHEN '万' THEN 1e4 WHEN '十万' THEN 1e5
            WHEN '百万' THEN 1e6 WHEN '千万' THEN 1e7 WHEN '亿' THEN 1e8 ELSE 1
        END * pow(10, -length(regexp_extract(half_width(s), '[.]([0-9]+)[^0-9]*$', 1)))
    END
);
-- Two figures differ if no rounding or cutting of one gives the other; a exceeds b likewise.
CREATE TEMP MACRO differ(a, a_step, b, b_step) AS round(abs(a - b), 6) >= greatest(a_step, b_step);
CREATE TEMP MACRO exceeds(a, a_step, b, b_step) AS round(a - b, 6) >= greatest(a_step, b_step);
CREATE TEMP MACRO shown(v) AS regexp_replace(printf('%.4f', v), '[.]?0+$', '');
CREATE TEMP MACRO name_of(wanted) AS (SELECT any_value(name_zh) FROM indicator_catalogue WHERE indicator_code = wanted);

CREATE TEMP TABLE papers AS
SELECT
    rowid AS doc, document_id, url, fetched_at, doc_type, issuer_id, issuer_kind, issuer_level, region_code, report_year, duplicate_group,
    coalesce(is_canonical, false) AS is_canonical,
    doc_type IN ('annual_report', 'npc_report', 'self_check') AS is_yearly
FROM documents
WHERE doc_type IN (
    'annual_report', 'npc_report', 'self_check', 'party_report', 'white_paper', 'interim_report', 'multi_year_report'
);

-- Sentences of canonical reports; `words` of those that say 其中 (longer than 2,000 characters: a text without full stops,
-- no sentence). What begins with 其中 goes on with the sentence before.
CREATE TEMP TABLE sentences AS
WITH split AS (
    SELECT rowid AS doc, string_split(translate(replace(text, '。其中', ',其中'), '!?！？' || chr(10), '。。。。。'), '。') AS pieces
    FROM documents
    WHERE rowid IN (SELECT doc FROM papers WHERE is_canonical)
),
pieces AS (
    SELECT doc, unnest(pieces) AS words, generate_subscripts(pieces, 1) AS n FROM split
)
SELECT
    doc, CASE WHEN contains(words, '其中') AND length(words) <= 2000 THEN words END AS words,
    (sum(length(words) + 1) OVER (PARTITION BY doc ORDER BY n) - length(words) - 1)::INTEGER AS char_start
FROM pieces;

-- Levels of the issuer or its area. `low` and `high` say whether the figure bounds the truth from below and from above;
-- is_current: of the year reported on, unless the words round the figure name another year only.
CREATE TEMP TABLE figures AS
WITH levels AS (
    SELECT
        i.rowid AS fact, p.doc, p.is_canonical, p.is_yearly, p.report_year, i.indicator_code AS code, i.value, i.period, i.year, i.scope,
        coalesce(i.is_part, false) AS is_part, coalesce(q.char_start, i.char_start) AS place,
        coalesce(printed_step(coalesce(q.quote, i.quote)), 1) AS printed,
        coalesce(i.modifier, 'exact') AS modifier, coalesce(i.modifier, 'exact') = 'exact' AND q.value_max IS NULL AS is_exact,
        coalesce(contains(i.quote, '年') AND regexp_matches(i.quote, '20[0-9][0-9]年') AND NOT contains(i.quote, p.report_year || '年'), false) AS of_another_year
    FROM indicators i
    JOIN papers p USING (document_id)
    LEFT JOIN quantities q ON q.quantity_id = i.quantity_id
    WHERE i.measure = 'level' AND i.scope IN ('own', 'area') AND i.value IS NOT NULL
        AND i.indicator_code IN (SELECT indicator_code FROM indicator_catalogue)
)
SELECT
    * EXCLUDE (printed, modifier, of_another_year),
    modifier IN ('exact', 'over', 'at_least') AS low,
    is_exact OR modifier IN ('under', 'at_most') AS high,
    -- a rounded word (余, 约) is taken to be within a tenth
    CASE WHEN is_exact THEN printed ELSE greatest(printed, abs(value) / 10) END AS step,
    period IN ('year', 'as_of') AND coalesce(year, report_year) IS NOT DISTINCT FROM report_year AND NOT of_another_year AS is_current
FROM levels;

-- One current figure per report and code: a total before a part, the most exact, the first. is_single: all others of its
-- kind say the same.
CREATE TEMP TABLE stated AS
WITH chosen AS (
    SELECT
        coalesce(
            arg_min(fact, (NOT is_exact, step, place)) FILTER (NOT is_part),
            arg_min(fact, (NOT is_exact, step, place))
        ) AS fact,
        coalesce(
            round(max(value) FILTER (NOT is_part) - min(value) FILTER (NOT is_part), 6) < max(step) FILTER (NOT is_part),
            round(max(value) - min(value), 6) < max(step)
        ) AS is_single
    FROM figures
    WHERE is_current
    GROUP BY doc, code
)
SELECT f.*, c.is_single FROM chosen c JOIN figures f USING (fact);

-- This year's report of an issuer beside last year's.
CREATE TEMP TABLE successions AS
SELECT now.doc, before.doc AS before_doc
FROM papers now
JOIN papers before ON before.issuer_id = now.issuer_id AND before.report_year = now.report_year - 1
WHERE now.is_canonical AND before.is_canonical AND now.is_yearly AND before.is_yearly;

-- quote and other_quote: only where the number is no row of indicators.
CREATE TEMP TABLE findings (
    check_name VARCHAR, severity VARCHAR, doc BIGINT, other_doc BIGINT, fact BIGINT, other_fact BIGINT, place INTEGER, other_place INTEGER,
    indicator_code VARCHAR, value DOUBLE, other_value DOUBLE, detail VARCHAR, quote VARCHAR, other_quote VARCHAR
);
