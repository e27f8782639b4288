-- Removes affected sessions whose start has changed, or that were joined with another session.
delete from public.sessions using {staging}.affected_sessions
where
    sessions.session_id = affected_sessions.session_id
    and not exists (
        select from {staging}.sessions as staged
        where staged.session_id = sessions.session_id
    );
