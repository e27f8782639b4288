-- What the user shared on that day. One row per event.
select
    event_at,
    user_id,
    document_id,
    shared_with_user_id,
    permission,
    source_file,
    record_number
from public.event_details
where
    user_id = {subject_id}
    and event_type = 'document_shared'
    and metrics.business_day(event_at) = metrics.business_day({observed_at})
order by event_at, event_id
