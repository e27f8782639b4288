-- Sessions that start on one and the same fraction of a second: times made or shifted by a machine.
-- One row per fraction. Whole seconds are left out, since many producers log nothing finer; a fraction needs
-- 50 sessions and a fifth of all that have one, so that times in tenths of a second raise no alarm.
create view metrics.identical_fractions as
with fractions as (
    select
        session_starts.fraction,
        count(*) as sessions
    from (
        select started_at - date_bin('1 second', started_at, '2000-01-01 00:00:00+00') as fraction
        from public.sessions
    ) as session_starts
    where session_starts.fraction > '0'
    group by session_starts.fraction
),

shares as (
    select
        fractions.fraction,
        fractions.sessions,
        sum(fractions.sessions) over () as all_sessions,
        count(*) over () as distinct_fractions
    from fractions
),

suspects as (
    select *
    from shares
    where sessions >= 50 and sessions * 5 >= all_sessions
)

select
    'identical_fraction' as anomaly_type,
    case when sessions * 10 >= all_sessions * 9 then 'critical' else 'warning' end as severity,
    'fraction' as subject_type,
    to_char(extract(epoch from fraction), 'FM0.000000') as subject_id,
    (
        select min(sessions.started_at)
        from public.sessions
        where sessions.started_at - date_bin('1 second', sessions.started_at, '2000-01-01 00:00:00+00') = fraction
    ) as observed_at,
    sessions::numeric as observed,
    1::numeric as expected,
    format(
        '%s of %s sessions start exactly %s s after a full second, where chance would put hardly two on the same '
        'microsecond: these times were generated or shifted, not recorded.',
        sessions, all_sessions, to_char(extract(epoch from fraction), 'FM0.000000')
    ) as explanation
from suspects;

comment on view metrics.identical_fractions is
'Fractions of a second on which at least 50 sessions and a fifth of all sessions with a fraction start.';
comment on column metrics.identical_fractions.anomaly_type is 'Always identical_fraction.';
comment on column metrics.identical_fractions.severity is
'warning, from 90 % of the sessions on critical.';
comment on column metrics.identical_fractions.subject_type is 'Always fraction.';
comment on column metrics.identical_fractions.subject_id is 'The fraction of a second.';
comment on column metrics.identical_fractions.observed_at is 'Start of the first such session.';
comment on column metrics.identical_fractions.observed is 'Sessions that start on the fraction.';
comment on column metrics.identical_fractions.expected is
'1: times recorded to the microsecond hardly ever agree in it.';
comment on column metrics.identical_fractions.explanation is
'One sentence that says what was seen and what is usual.';
