-- metrics.daily_sessions: one row per day of the last 30 on which a session started.
select
    daily.activity_date,
    daily.session_count,
    daily.median_session_seconds,
    daily.p90_session_seconds,
    daily.single_event_share
from metrics.daily_sessions as daily
inner join metrics.daily_active_users as reported on daily.activity_date = reported.activity_date
order by daily.activity_date;
