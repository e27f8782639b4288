-- Changes sessions that keep their start, and so their id, but have another end or other events.
update public.sessions set
    ended_at = staged.ended_at,
    session_duration_seconds = staged.session_duration_seconds,
    event_count = staged.event_count
from {staging}.sessions as staged
where
    sessions.session_id = staged.session_id
    and (sessions.ended_at <> staged.ended_at or sessions.event_count <> staged.event_count);
