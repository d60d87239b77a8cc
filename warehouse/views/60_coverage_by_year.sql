-- Coverage for people: how many cells of each kind of issuer and year are in which state.
CREATE VIEW coverage_by_year AS
SELECT
    report_year, issuer_kind, status, count(*) AS cells,
    round(100 * count(*) / sum(count(*)) OVER (PARTITION BY report_year, issuer_kind), 1) AS percent
FROM coverage
GROUP BY report_year, issuer_kind, status
ORDER BY report_year DESC, issuer_kind, cells DESC, status;
COMMENT ON VIEW coverage_by_year IS 'Coverage in sum: cells (regions) by year, kind of issuer and status.';
COMMENT ON COLUMN coverage_by_year.status IS 'found, or the reason why not (words under coverage.status)';
COMMENT ON COLUMN coverage_by_year.cells IS 'regions';
COMMENT ON COLUMN coverage_by_year.percent IS 'of the regions of that year and kind';
