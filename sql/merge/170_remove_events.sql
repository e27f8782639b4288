-- Events of affected sessions that are no more. Only a full refresh finds some, when a file or a rule has
-- changed.
delete from public.events using {staging}.affected_sessions
where
    events.session_id = affected_sessions.session_id
    and not exists (
        select from {staging}.events as staged
        where staged.event_id = events.event_id
    );
