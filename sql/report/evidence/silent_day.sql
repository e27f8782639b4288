-- The day, and the same weekday of the four weeks before. One row per day; days without a session have none.
select
    activity_date,
    session_count,
    median_session_seconds,
    single_event_share
from metrics.daily_sessions
where
    activity_date between {subject_id}::date - 28 and {subject_id}::date
    and ({subject_id}::date - activity_date) % 7 = 0
order by activity_date
