-- The 15 rows of metrics.average_session_duration with the most sessions, the longest average first.
with busiest as (
    select *
    from metrics.average_session_duration
    where session_count > 0
    order by session_count desc, user_id collate "C" asc
    limit 15
)

select
    user_id,
    user_name,
    session_count,
    average_session_seconds,
    single_event_sessions,
    average_seconds_without_single_event_sessions
from busiest
order by average_session_seconds desc, user_id collate "C" asc;
