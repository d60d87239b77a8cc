-- Last day for the public to get the report on a year: 1 April of the next one (督察工作规定, in force since April 2019);
-- before the report on 2018 the end of the first quarter (纲要 2015—2020).
CREATE MACRO due_on(report_year) AS
    CASE WHEN report_year >= 2018 THEN make_date(report_year + 1, 4, 1) ELSE make_date(report_year + 1, 3, 31) END;
COMMENT ON MACRO due_on IS 'Last day for the public to get the report on a year: 1 April of the next one; 31 March for the years before 2018.';
