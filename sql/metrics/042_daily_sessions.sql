-- How many sessions there are and how long they last. One row per business day on which a session started.
create or replace view metrics.daily_sessions as
with sessions as (
    select
        metrics.business_day(started_at) as activity_date,
        session_duration_seconds,
        event_count
    from public.sessions
)

select
    activity_date,
    count(*) as session_count,
    round(percentile_cont(0.5) within group (order by session_duration_seconds)::numeric, 6)
        as median_session_seconds,
    round(percentile_cont(0.9) within group (order by session_duration_seconds)::numeric, 6)
        as p90_session_seconds,
    round(avg((event_count = 1)::integer), 4) as single_event_share
from sessions
group by activity_date
order by activity_date;

comment on view metrics.daily_sessions is
'Sessions and their lengths by the business day on which they started; one row per day with a session.';
comment on column metrics.daily_sessions.activity_date is 'Day of the start in the business time zone.';
comment on column metrics.daily_sessions.session_count is 'Sessions that started on that day.';
comment on column metrics.daily_sessions.median_session_seconds is
'Median length in seconds, single-event sessions (0 s) included; interpolated, to 6 decimals.';
comment on column metrics.daily_sessions.p90_session_seconds is
'Length in seconds that 90 % of the sessions do not exceed; interpolated, to 6 decimals.';
comment on column metrics.daily_sessions.single_event_share is
'Share of sessions with one event only, 0 to 1, to 4 decimals.';
