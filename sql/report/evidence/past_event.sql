-- The event itself. One row.
select
    event_at,
    event_id,
    event_type,
    user_id,
    document_id,
    device,
    source_file,
    record_number
from public.event_details
where event_id = {subject_id}
