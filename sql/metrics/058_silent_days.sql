-- A business day with hardly any sessions, although the same weekday of the weeks before had many: an outage,
-- a holiday, or a missing log. One row per day. The usual number is the median over the four weeks before;
-- metrics.robust_spread says how far a day may lie from it. Silent days do not count in the median, so that
-- none of them hides another. After four silent weeks silence is usual. A day needs a log of four weeks
-- before it. So sessions must also have started in the four weeks before those: one event of long ago does
-- not suffice. Today and the last day with events are never found, because they may not be over.
create or replace view metrics.silent_days as
with recursive daily_sessions as materialized (
    select
        metrics.business_day(started_at) as session_date,
        count(*) as sessions
    from public.sessions
    group by metrics.business_day(started_at)
),

-- Days without any session count as 0. A day can be silent only if the same weekday was busy before.
days as (
    select distinct daily_sessions.session_date + weeks.week * 7 as session_date
    from daily_sessions
    cross join generate_series(1, 4) as weeks (week)
    where daily_sessions.sessions >= metrics.threshold('silent_day', 'sessions')
),

history as (
    select
        days.session_date,
        coalesce(max(daily_sessions.sessions) filter (where weeks.week = 0), 0) as sessions,
        array_agg(coalesce(daily_sessions.sessions, 0) order by weeks.week) filter (where weeks.week > 0)
            as earlier_sessions
    from days
    cross join generate_series(0, 4) as weeks (week)
    left join daily_sessions on days.session_date - weeks.week * 7 = daily_sessions.session_date
    where days.session_date < (select least(metrics.latest_business_day(), metrics.business_day(now())))
    group by days.session_date
),

-- Only days as quiet as this are looked at, and they are few. position numbers those of one weekday.
quiet_days as (
    select
        session_date,
        sessions,
        earlier_sessions,
        extract(isodow from session_date) as weekday,
        row_number() over (partition by extract(isodow from session_date) order by session_date) as position
    from history
    where
        sessions < (select max(earlier) from unnest(earlier_sessions) as earlier)
        * metrics.threshold('silent_day', 'share')
        and exists (
            select from daily_sessions as earlier
            where earlier.session_date between history.session_date - 55 and history.session_date - 28
        )
),

-- Each step decides about one quiet day of a weekday, because that depends on the silent days before it.
decided as (
    select distinct
        weekday,
        0::bigint as position,
        null::date as session_date,
        null::bigint as sessions,
        null::bigint as usual_days,
        null::double precision as median_sessions,
        false as is_silent,
        array[]::date[] as silent_dates
    from quiet_days
    union all
    select
        quiet_days.weekday,
        quiet_days.position,
        quiet_days.session_date,
        quiet_days.sessions,
        medians.usual_days,
        medians.median_sessions,
        verdict.is_silent,
        case
            when verdict.is_silent then decided.silent_dates || quiet_days.session_date
            else decided.silent_dates
        end as silent_dates
    from decided
    inner join quiet_days
        on decided.weekday = quiet_days.weekday and decided.position + 1 = quiet_days.position
    cross join
        lateral (
            select array_agg(earlier.sessions) as sessions
            from unnest(quiet_days.earlier_sessions) with ordinality as earlier (sessions, week)
            where quiet_days.session_date - earlier.week::integer * 7 <> all(decided.silent_dates)
        ) as usual
    cross join
        lateral (
            select
                count(*) as usual_days,
                percentile_cont(0.5) within group (order by counted) as median_sessions
            from unnest(usual.sessions) as counted
        ) as medians
    cross join
        lateral (
            select
                coalesce(
                    medians.median_sessions >= metrics.threshold('silent_day', 'sessions')
                    and quiet_days.sessions
                    < medians.median_sessions * metrics.threshold('silent_day', 'share')
                    and (medians.median_sessions - quiet_days.sessions)
                    / metrics.robust_spread(
                        medians.median_sessions,
                        percentile_cont(0.5) within group (order by abs(counted - medians.median_sessions))
                    )
                    > metrics.threshold('silent_day', 'spreads'),
                    false
                ) as is_silent
            from unnest(usual.sessions) as counted
        ) as verdict
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
        case usual_days
            when 4 then 'On %1$s %2$s sessions started; %3$s is usual (median of the four %4$ss before).'
            else
                'On %1$s %2$s sessions started; %3$s is usual (median of %5$s of the four %4$ss before; the '
                'others were silent too).'
        end,
        to_char(session_date, 'FMDay YYYY-MM-DD'), sessions, median_sessions, to_char(session_date, 'FMDay'),
        usual_days
    ) as explanation
from decided
where is_silent;

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
'Median of the sessions on the same weekday of the four weeks before, without days that were silent.';
comment on column metrics.silent_days.explanation is
'One sentence that says what was seen and what is usual.';
