-- The sessions that start on the fraction of a second. One row per session.
select
    started_at,
    user_id,
    session_duration_seconds,
    event_count
from public.sessions
where extract(microseconds from started_at)::bigint % 1000000 = {subject_id}::numeric * 1000000
order by started_at, user_id
