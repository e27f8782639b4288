-- Events of affected sessions that are no more: a file was read again by another mapping, or what no file
-- holds any more is dropped.
delete from public.events using {staging}.affected_sessions
where
    events.session_id = affected_sessions.session_id
    and not exists (
        select from {staging}.events as staged
        where staged.event_id = events.event_id
    );
