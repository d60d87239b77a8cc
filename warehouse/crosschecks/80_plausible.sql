-- Values outside the catalogue's plausible range, which is a county's; runs where the catalogue has one.
INSERT INTO findings BY NAME
WITH ranges AS (
    SELECT
        f.*, p.issuer_kind, c.plausible_min AS lowest,
        c.plausible_max * CASE WHEN c.kind = 'ratio' THEN 1 ELSE l.times END AS highest
    FROM figures f
    JOIN papers p ON p.doc = f.doc
    JOIN indicator_catalogue c ON c.indicator_code = f.code
    JOIN rule_levels l ON l.level = p.issuer_level
    WHERE f.is_canonical AND f.is_current AND NOT f.is_part
)
SELECT
    'implausible_value' AS check_name, 'note' AS severity, doc, fact, place, code AS indicator_code, value,
    format('{} {} is outside {} to {}', name_of(code), shown(value), coalesce(shown(lowest), '…'), coalesce(shown(highest), '…')) AS detail
FROM ranges
-- a department or a township may well have less than a county
WHERE value > highest OR (value < lowest AND issuer_kind = 'government');
