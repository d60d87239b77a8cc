-- Published against the deadline (macro due_on). A page that was moved to a new portal has a later date than it first had,
-- never an earlier one: a date of low trust can show that a report was on time, but not that it was late.
CREATE VIEW timeliness AS
SELECT
    issuer_id, issuer_name, issuer_kind, issuer_level, region_code, region_name, report_year, published_on, published_on_basis,
    due_on(report_year) AS due_on,
    date_diff('day', due_on(report_year), published_on) AS days_late,
    CASE WHEN published_on <= due_on(report_year) THEN 'on_time' WHEN date_trust = 'high' THEN 'late' ELSE 'unknown' END AS status,
    CASE WHEN published_on IS NOT NULL THEN date_trust END AS date_trust,
    date_trust = 'low' AS is_date_doubtful,
    signed_on, document_id, url
FROM (
    SELECT
        *,
        CASE
            WHEN published_on IS NULL OR coalesce(published_on_basis, 'list') = 'list' THEN 'low'
            WHEN list_contains(flags, 'late_or_migrated') OR published_on < signed_on THEN 'low'
            ELSE 'high'
        END AS date_trust
    FROM yearly_reports
);
COMMENT ON VIEW timeliness IS 'Publication date of each yearly report against the deadline: 1 April of the next year, 31 March for the reports on the years before 2018.';
COMMENT ON COLUMN timeliness.due_on IS 'last day for the public to get the report';
COMMENT ON COLUMN timeliness.days_late IS 'days from due_on to published_on: negative when early, 0 on the last day';
COMMENT ON COLUMN timeliness.status IS 'on_time · late · unknown: a date of low trust can show that a report was on time, but not that it was late';
COMMENT ON COLUMN timeliness.date_trust IS 'high or low: low is a date from the list row alone, in a year that shows that the page was moved (flag late_or_migrated), or before the signature; NULL without a date';
COMMENT ON COLUMN timeliness.is_date_doubtful IS 'no date, or one of low trust';
