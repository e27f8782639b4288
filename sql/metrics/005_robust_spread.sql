-- How far numbers usually lie from their median. All kinds of anomalies that compare with what is usual
-- measure by this one spread.
create or replace function metrics.robust_spread(median double precision, median_deviation double precision)
returns double precision
language sql immutable parallel safe
as $$
    select greatest(1.4826 * median_deviation, sqrt(median), 1)
$$;

comment on function metrics.robust_spread(double precision, double precision) is
'1.4826 times the median absolute deviation, which is the standard deviation of a bell curve; never less '
'than the root of the median, which chance alone gives a count, and never less than 1.';
