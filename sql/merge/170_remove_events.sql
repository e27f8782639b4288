-- Events of touched sessions that are no more: none but in a full refresh, when a file or a rule has changed.
delete from public.events using {staging}.touched_sessions
where
    events.session_id = touched_sessions.session_id
    and not exists (
        select from {staging}.events as staged
        where staged.event_id = events.event_id
    );
