-- Sentences that a report has in common with earlier reports of its issuer and with its neighbours'. Values in braces stand
-- in knowledge/similarity.toml.
--
-- A sentence is folded to its letters and digits (width, signs, spaces and a leading marker do not count) and is known by
-- its hash from then on: equal hash, equal sentence.

-- Reports in the order in which they came: of two the one with the greater number can have copied from the other.
CREATE TEMP TABLE papers AS
SELECT
    row_number() OVER (ORDER BY report_year, published_on NULLS LAST, document_id)::INTEGER AS doc, document_id,
    dense_rank() OVER (ORDER BY issuer_id)::INTEGER AS issuer, region_code[1:2] AS province, report_year::SMALLINT AS year
FROM yearly_reports;

CREATE TEMP MACRO folded(piece) AS regexp_replace(
    regexp_replace(piece, '^\s*([一二三四五六七八九十]+是|[(]?[一二三四五六七八九十0-9]+([)、]|[.]([^0-9]|$)))', '\3'), '[^\pL\pN.%]', '', 'g'
);
CREATE TEMP MACRO pieces(text) AS string_split_regex(half(text), '[。;!?\n]');

CREATE TEMP TABLE own AS
WITH split AS (
    SELECT p.doc, folded(unnest(pieces(s.text))) AS sentence
    FROM sections s JOIN papers p USING (document_id)
    WHERE s.role IN ({roles})
)
SELECT doc, hash(sentence) AS sentence, any_value(length(sentence))::INTEGER AS characters
FROM split
WHERE length(sentence) >= {min_characters}
GROUP BY doc, hash(sentence);

CREATE TEMP TABLE templates AS
SELECT
    p.province, o.sentence, count(DISTINCT p.issuer)::INTEGER AS issuers, count(*)::INTEGER AS documents,
    min(p.year) AS first_year, max(p.year) AS last_year, min(p.doc) AS first_doc
FROM own o JOIN papers p USING (doc)
WHERE p.province IS NOT NULL
GROUP BY p.province, o.sentence
HAVING count(DISTINCT p.issuer) >= {template_issuers};

-- As the first report prints it.
INSERT INTO sentence_templates BY NAME
WITH split AS (
    SELECT p.doc, p.province, unnest(pieces(s.text)) AS piece
    FROM sections s JOIN papers p USING (document_id)
    WHERE s.role IN ({roles}) AND p.doc IN (SELECT first_doc FROM templates)
),
printed AS (
    SELECT doc, province, hash(folded(piece)) AS hashed, min(trim(piece)) AS sentence FROM split GROUP BY ALL
)
SELECT t.province, f.sentence, t.issuers, t.documents, t.first_year, t.last_year
FROM templates t JOIN printed f ON f.doc = t.first_doc AND f.hashed = t.sentence
ORDER BY t.province, f.sentence;

CREATE TEMP TABLE marked AS
SELECT o.doc, p.issuer, p.province, p.year, o.sentence, o.characters, t.sentence IS NOT NULL AS is_template
FROM own o
JOIN papers p USING (doc)
LEFT JOIN templates t ON t.province = p.province AND t.sentence = o.sentence;

CREATE TEMP TABLE pairs AS
SELECT DISTINCT a.doc, b.doc AS other, 'same_issuer' AS relation
FROM papers a JOIN papers b ON b.issuer = a.issuer AND b.year < a.year
UNION ALL
-- through sentences that are no template: of these a province has few copies, so that few pairs come up
SELECT a.doc, b.doc, 'neighbour'
FROM marked a
JOIN marked b ON b.province = a.province AND b.sentence = a.sentence
WHERE NOT a.is_template AND a.issuer <> b.issuer AND b.doc < a.doc AND a.year - b.year <= {neighbour_years}
GROUP BY a.doc, b.doc
HAVING count(*) >= {neighbour_sentences};

INSERT INTO similarity BY NAME
WITH whole AS (SELECT doc, sum(characters) AS characters FROM own GROUP BY doc)
SELECT
    d.document_id, o.document_id AS other_document_id, p.relation, count(*)::INTEGER AS shared_sentences,
    count(*) FILTER (a.is_template)::INTEGER AS template_sentences, sum(a.characters)::INTEGER AS copied_characters,
    round(sum(a.characters) / any_value(w.characters), 4) AS share
FROM pairs p
JOIN marked a ON a.doc = p.doc
JOIN own b ON b.doc = p.other AND b.sentence = a.sentence
JOIN whole w ON w.doc = p.doc
JOIN papers d ON d.doc = p.doc
JOIN papers o ON o.doc = p.other
GROUP BY d.document_id, o.document_id, p.relation
ORDER BY d.document_id, o.document_id;

DROP TABLE pairs;
DROP TABLE marked;
DROP TABLE templates;
DROP TABLE own;
DROP TABLE papers;
DROP MACRO folded;
DROP MACRO pieces;
