-- The reports to count: one per issuer, year and kind of report.
CREATE VIEW reports AS
SELECT * FROM documents WHERE is_canonical;
COMMENT ON VIEW reports IS 'Canonical reports only: one row per issuer, year and kind of report.';
