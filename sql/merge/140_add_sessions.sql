-- New sessions, and those whose start moved.
insert into public.sessions (session_id, user_id, started_at, ended_at, session_duration_seconds, event_count)
select
    session_id,
    user_id,
    started_at,
    ended_at,
    session_duration_seconds,
    event_count
from {staging}.sessions
on conflict (session_id) do nothing;
