-- Published against the deadline: 1 April of the next year (31 March for the years before 2018).
CREATE VIEW timeliness AS
SELECT
    issuer_id, issuer_name, issuer_kind, issuer_level, region_code, region_name, report_year, published_on, published_on_basis,
    CASE WHEN report_year >= 2018 THEN make_date(report_year + 1, 4, 1) ELSE make_date(report_year + 1, 3, 31) END AS due_on,
    date_diff('day', due_on, published_on) AS days_late,
    -- a report dated years later was moved to a new portal: its date says nothing about when it was first published
    list_contains(flags, 'late_or_migrated') AS is_date_doubtful,
    document_id, url
FROM reports
WHERE doc_type IN ('annual_report', 'npc_report', 'self_check') AND report_year IS NOT NULL;
COMMENT ON VIEW timeliness IS 'Publication date of each yearly report against the deadline; days_late is negative when early.';
