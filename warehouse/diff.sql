-- What differs between two releases, attached as schemas a and b; runs in the order of the file.

-- Documents of either release that count in one of them, or did; `differs` names the columns that say who reports on what.
CREATE TEMP TABLE papers AS
SELECT
    coalesce(a.document_id, b.document_id) AS document_id,
    a.document_id IS NOT NULL AS in_a, b.document_id IS NOT NULL AS in_b,
    coalesce(a.is_canonical, false) AS counts_in_a, coalesce(b.is_canonical, false) AS counts_in_b,
    coalesce(a.url, b.url) AS url, a.duplicate_group AS group_a, b.duplicate_group AS group_b,
    coalesce(b.issuer_name, a.issuer_name) AS issuer_name, coalesce(b.report_year, a.report_year) AS report_year,
    coalesce(b.doc_type, a.doc_type) AS doc_type, coalesce(b.title, a.title) AS title,
    coalesce(list_contains(b.flags, 'removed_from_portal') AND NOT list_contains(a.flags, 'removed_from_portal'), false) AS is_removed,
    {differs} AS differs
FROM a.documents a
FULL JOIN b.documents b ON a.document_id = b.document_id;

-- What counts in B and did not exist, or not count, in A takes the place of what counted in A at the same address, or else
-- in the same group.
CREATE TEMP TABLE revised AS
SELECT n.document_id AS new_id, o.document_id AS old_id
FROM papers n
JOIN papers o ON o.document_id <> n.document_id AND o.counts_in_a AND NOT o.counts_in_b
    AND (o.url = n.url OR o.group_a = n.group_b)
WHERE n.counts_in_b AND NOT n.counts_in_a
QUALIFY row_number() OVER (PARTITION BY n.document_id ORDER BY o.url = n.url DESC, o.document_id) = 1
    AND row_number() OVER (PARTITION BY o.document_id ORDER BY o.url = n.url DESC, n.document_id) = 1;

-- One event per report, the first that applies.
CREATE TEMP TABLE events AS
SELECT
    CASE
        WHEN r.new_id IS NOT NULL THEN 'revised'
        WHEN counts_in_b AND NOT in_a THEN 'added'
        WHEN counts_in_a AND NOT in_b OR is_removed AND (counts_in_a OR counts_in_b) THEN 'withdrawn'
        ELSE 'reclassified'
    END AS kind,
    p.document_id, r.old_id AS document_id_before, p.issuer_name, p.report_year, p.doc_type, p.title, p.url, p.differs
FROM papers p
LEFT JOIN revised r ON r.new_id = p.document_id
WHERE (r.new_id IS NOT NULL
    OR counts_in_b AND NOT in_a
    OR counts_in_a AND NOT in_b
    OR is_removed AND (counts_in_a OR counts_in_b)
    OR in_a AND in_b AND (counts_in_a OR counts_in_b) AND (counts_in_a <> counts_in_b OR len(differs) > 0))
    AND p.document_id NOT IN (SELECT old_id FROM revised);

-- Documents that something happened to as a whole; of those that stand in both releases unrevised, is_silent: they have no
-- figures in one of the two, because they are no report there.
CREATE TEMP TABLE touched AS
SELECT document_id, false AS in_both, false AS is_silent FROM events WHERE kind IN ('added', 'revised')
UNION ALL SELECT document_id_before, false, false FROM events WHERE document_id_before IS NOT NULL
UNION ALL SELECT document_id, false, false FROM papers WHERE NOT (in_a AND in_b) AND NOT counts_in_b
UNION ALL
SELECT
    document_id, true,
    document_id NOT IN (SELECT document_id FROM a.indicators) OR document_id NOT IN (SELECT document_id FROM b.indicators)
FROM events
WHERE kind = 'reclassified';

-- Figures: of a document in both releases by their key (that they follow their report into another year is no change of
-- theirs); of a revised report by what they state, in order.
CREATE TEMP TABLE pairs AS
SELECT coalesce(b.document_id, a.document_id) AS document_id, a.indicator_id AS id_a, b.indicator_id AS id_b, false AS in_revision
FROM (SELECT * FROM a.indicators WHERE document_id NOT IN (SELECT document_id FROM touched WHERE NOT in_both OR is_silent)) a
FULL JOIN (SELECT * FROM b.indicators WHERE document_id NOT IN (SELECT document_id FROM touched WHERE NOT in_both OR is_silent)) b
    ON a.indicator_id = b.indicator_id
WHERE a.indicator_id IS NULL OR b.indicator_id IS NULL OR {figures_differ}
    OR a.year IS DISTINCT FROM b.year AND a.document_id NOT IN (SELECT document_id FROM touched)
UNION ALL
SELECT coalesce(b.document_id, a.document_id), a.indicator_id, b.indicator_id, true
FROM (
    SELECT i.*, r.new_id, row_number() OVER (PARTITION BY r.new_id, indicator_code, measure, period, scope, is_part ORDER BY char_start, indicator_id) AS n
    FROM a.indicators i JOIN revised r ON r.old_id = i.document_id
) a
FULL JOIN (
    SELECT i.*, r.new_id, row_number() OVER (PARTITION BY r.new_id, indicator_code, measure, period, scope, is_part ORDER BY char_start, indicator_id) AS n
    FROM b.indicators i JOIN revised r ON r.new_id = i.document_id
) b ON a.new_id = b.new_id AND a.indicator_code = b.indicator_code AND a.measure = b.measure AND a.period = b.period
    AND a.scope = b.scope AND a.is_part = b.is_part AND a.n = b.n
WHERE a.indicator_id IS NULL OR b.indicator_id IS NULL OR {figures_differ} OR a.year IS DISTINCT FROM b.year;

CREATE TEMP TABLE figures AS
SELECT
    CASE WHEN p.id_a IS NULL THEN 'value_added' WHEN p.id_b IS NULL THEN 'value_removed' ELSE 'value_changed' END AS kind,
    p.in_revision, p.document_id, d.issuer_name, d.report_year, d.url, p.id_a AS indicator_id_before, p.id_b AS indicator_id,
    a.indicator_code AS code_before, b.indicator_code AS code, a.value AS value_before, b.value, a.unit AS unit_before, b.unit,
    a.quote AS quote_before, b.quote,
    CASE WHEN p.id_a IS NOT NULL AND p.id_b IS NOT NULL THEN {figure_columns} END AS differs
FROM pairs p
LEFT JOIN a.indicators a ON a.indicator_id = p.id_a
LEFT JOIN b.indicators b ON b.indicator_id = p.id_b
LEFT JOIN papers d ON d.document_id = p.document_id;

-- Cells of the panel, with the sentence each stood in.
CREATE TEMP TABLE cells AS
SELECT
    coalesce(b.issuer_id, a.issuer_id) AS issuer_id, coalesce(b.issuer_name, a.issuer_name) AS issuer_name,
    coalesce(b.report_year, a.report_year) AS report_year, coalesce(b.indicator_code, a.indicator_code) AS code,
    a.value AS value_before, b.value, coalesce(b.unit, a.unit) AS unit, ia.quote AS quote_before, ib.quote,
    a.document_id AS document_id_before, b.document_id, a.indicator_id AS indicator_id_before, b.indicator_id,
    coalesce(a.document_id IN (SELECT document_id FROM touched) OR b.document_id IN (SELECT document_id FROM touched), false) AS by_report,
    coalesce(
        a.indicator_id IN (SELECT indicator_id_before FROM figures WHERE indicator_id_before IS NOT NULL)
        OR b.indicator_id IN (SELECT indicator_id FROM figures WHERE indicator_id IS NOT NULL), false
    ) AS by_figure
FROM (SELECT * FROM a.indicator_values WHERE chosen) a
FULL JOIN (SELECT * FROM b.indicator_values WHERE chosen) b
    ON a.issuer_id = b.issuer_id AND a.report_year = b.report_year AND a.indicator_code = b.indicator_code
LEFT JOIN a.indicators ia ON ia.indicator_id = a.indicator_id
LEFT JOIN b.indicators ib ON ib.indicator_id = b.indicator_id
WHERE a.value IS DISTINCT FROM b.value;

-- Findings that came: of 上年 figures, those whose own report stood in both releases and had nothing to be found before.
CREATE TEMP TABLE came AS
SELECT
    c.*, c.check_name = 'prior_year_differs' AND c.indicator_id IN (SELECT indicator_id FROM a.indicators)
        AND c.document_id NOT IN (SELECT document_id FROM touched) AS no_longer_matches
FROM b.checks c ANTI JOIN a.checks o ON o.check_id = c.check_id;
CREATE TEMP TABLE went AS SELECT o.* FROM a.checks o ANTI JOIN b.checks c ON o.check_id = c.check_id;
