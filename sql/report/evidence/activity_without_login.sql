-- The user's events from the observed moment on. One row per event.
select
    event_at,
    event_type,
    user_id,
    document_id,
    device,
    ip_address,
    source_file,
    record_number
from public.event_details
where user_id = {subject_id} and event_at >= {observed_at}
order by event_at, event_id
