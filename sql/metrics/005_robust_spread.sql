-- How far numbers usually lie from their median. Every kind of anomaly that compares a number with the usual
-- one measures the difference in this spread.
create or replace function metrics.robust_spread(median double precision, median_deviation double precision)
returns double precision
language sql immutable parallel safe
as $$
    select greatest(1.4826 * median_deviation, sqrt(median), 1)
$$;

comment on function metrics.robust_spread(double precision, double precision) is
'1.4826 times the median absolute deviation, which for a normal distribution is its standard deviation. At '
'least the square root of the median, because a count varies that much by chance, and at least 1.';
