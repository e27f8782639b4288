-- A business day on which hardly anybody came, where many came on the same weekday of the weeks before: an
-- outage, a holiday, or a log that is missing. One row per day. Usual is the median over the four weeks
-- before, with the spread as for edit bursts. Silent where the log does not go back four weeks, and about
-- the last day, which may not be over.
create or replace view metrics.silent_days as
with daily_sessions as (
    select
        metrics.business_day(started_at) as session_date,
        count(*) as sessions
    from public.sessions
    group by metrics.business_day(started_at)
),

-- Days that have no session at all count 0; a day in question must have busy weekdays before it.
days as (
    select distinct daily_sessions.session_date + weeks.week * 7 as session_date
    from daily_sessions
    cross join generate_series(1, 4) as weeks (week)
    where daily_sessions.sessions >= metrics.threshold('silent_day', 'sessions')
),

history as (
    select
        days.session_date,
        weeks.week,
        coalesce(daily_sessions.sessions, 0) as sessions
    from days
    cross join generate_series(0, 4) as weeks (week)
    left join daily_sessions on days.session_date - weeks.week * 7 = daily_sessions.session_date
),

medians as (
    select
        session_date,
        min(sessions) filter (where week = 0) as sessions,
        percentile_cont(0.5) within group (order by sessions) filter (where week > 0) as median_sessions
    from history
    group by session_date
    having min(sessions) filter (where week = 4) > 0
),

usual as (
    select
        medians.session_date,
        medians.sessions,
        medians.median_sessions,
        greatest(
            1.4826
            * percentile_cont(0.5) within group (order by abs(history.sessions - medians.median_sessions)),
            sqrt(medians.median_sessions),
            1
        ) as spread
    from medians
    inner join history on medians.session_date = history.session_date and history.week > 0
    group by medians.session_date, medians.sessions, medians.median_sessions
)

select
    'silent_day' as anomaly_type,
    case when sessions = 0 then 'critical' else 'warning' end as severity,
    'day' as subject_type,
    to_char(session_date, 'YYYY-MM-DD') as subject_id,
    metrics.business_day_start(session_date) as observed_at,
    sessions::numeric as observed,
    median_sessions::numeric as expected,
    format(
        'On %s %s sessions started; %s is usual (median of the four %ss before).',
        to_char(session_date, 'FMDay YYYY-MM-DD'), sessions, median_sessions, to_char(session_date, 'FMDay')
    ) as explanation
from usual
where
    median_sessions >= metrics.threshold('silent_day', 'sessions')
    and sessions < median_sessions * metrics.threshold('silent_day', 'share')
    and (median_sessions - sessions) / spread > metrics.threshold('silent_day', 'spreads')
    and session_date < (select metrics.latest_business_day());

comment on view metrics.silent_days is
'Business days with far fewer sessions than the same weekday of the four weeks before, by the thresholds of '
'silent_day.';
comment on column metrics.silent_days.anomaly_type is 'Always silent_day.';
comment on column metrics.silent_days.severity is 'warning; critical where no session started at all.';
comment on column metrics.silent_days.subject_type is 'Always day.';
comment on column metrics.silent_days.subject_id is 'The business day, as YYYY-MM-DD.';
comment on column metrics.silent_days.observed_at is 'Start of the business day.';
comment on column metrics.silent_days.observed is 'Sessions that started on that day.';
comment on column metrics.silent_days.expected is
'Median of the sessions on the same weekday of the four weeks before.';
comment on column metrics.silent_days.explanation is
'One sentence that says what was seen and what is usual.';
