-- Sessions that start on the same fraction of a second, because a machine made or shifted their times. One
-- row per fraction. Whole seconds are left out, because many producers log nothing finer. A fraction must
-- have a large share of the sessions that have a fraction, so that times in tenths of a second raise no
-- alarm. Sessions on a fraction that was found do not count in the share of a rarer one, because they would
-- hide it.
create or replace view metrics.identical_fractions as
with fractions as (
    select
        microseconds,
        count(*) as sessions,
        min(started_at) as first_started_at
    from (
        select
            started_at,
            date_part('microseconds', started_at)::bigint % 1000000 as microseconds
        from public.sessions
    ) as session_starts
    where microseconds > 0
    group by microseconds
),

totals as (
    select sum(sessions)::bigint as all_sessions
    from fractions
),

shares as (
    select
        fractions.microseconds,
        fractions.sessions,
        fractions.first_started_at,
        totals.all_sessions,
        totals.all_sessions - coalesce(sum(fractions.sessions) over more_frequent, 0) as other_sessions
    from fractions
    cross join totals
    where fractions.sessions >= metrics.threshold('identical_fraction', 'sessions')
    window more_frequent as (
        order by fractions.sessions desc, fractions.microseconds asc
        rows between unbounded preceding and 1 preceding
    )
),

-- We go from the most frequent fraction to rarer ones, and stop at the first one that is not found. Otherwise
-- the share of each rarer one would grow, as fewer sessions are left.
scored as (
    select
        microseconds,
        sessions,
        first_started_at,
        all_sessions,
        bool_and(sessions >= other_sessions * metrics.threshold('identical_fraction', 'share')) over (
            order by sessions desc, microseconds asc
        ) as is_found
    from shares
)

select
    'identical_fraction' as anomaly_type,
    case
        when
            sessions >= all_sessions * metrics.threshold('identical_fraction', 'share_for_critical')
            then 'critical'
        else 'warning'
    end as severity,
    'fraction' as subject_type,
    format('0.%s', lpad(microseconds::text, 6, '0')) as subject_id,
    first_started_at as observed_at,
    sessions::numeric as observed,
    greatest(1, ceil(all_sessions / 1000.0)) as expected,
    format(
        '%s of %s sessions start exactly 0.%s s after a full second, where a clock of milliseconds '
        'would put about %s on one fraction: these times were generated or shifted by a machine.',
        sessions, all_sessions, lpad(microseconds::text, 6, '0'), greatest(1, ceil(all_sessions / 1000.0))
    ) as explanation
from scored
where is_found;

comment on view metrics.identical_fractions is
'Fractions of a second on which many of all sessions with a fraction start, by the thresholds of '
'identical_fraction.';
comment on column metrics.identical_fractions.anomaly_type is 'Always identical_fraction.';
comment on column metrics.identical_fractions.severity is
'warning; critical from the threshold of share_for_critical on.';
comment on column metrics.identical_fractions.subject_type is 'Always fraction.';
comment on column metrics.identical_fractions.subject_id is 'The fraction of a second.';
comment on column metrics.identical_fractions.observed_at is 'Start of the first such session.';
comment on column metrics.identical_fractions.observed is 'Sessions that start on the fraction.';
comment on column metrics.identical_fractions.expected is
'Sessions that a clock of milliseconds would put on one fraction, at least 1.';
comment on column metrics.identical_fractions.explanation is
'One sentence that says what was seen and what is usual.';
