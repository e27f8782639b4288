-- The user's events in the session that starts at the observed moment. One row per event.
select
    event_at,
    event_type,
    user_id,
    document_id,
    document_title,
    source_file,
    record_number
from public.event_details
where user_id = {subject_id} and session_started_at = {observed_at}
order by event_at, event_id
