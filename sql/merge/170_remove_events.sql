-- Removes events of affected sessions that no longer exist: their file was read again by another mapping, or
-- no file holds them any more.
delete from public.events using {staging}.affected_sessions
where
    events.session_id = affected_sessions.session_id
    and not exists (
        select from {staging}.events as staged
        where staged.event_id = events.event_id
    );
