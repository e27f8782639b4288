-- The user's shares on the observed day. One row per event.
select
    event_at,
    user_id,
    document_id,
    (
        select string_agg(share_recipients.user_id, ', ' order by share_recipients.user_id)
        from public.share_recipients
        where share_recipients.event_id = event_details.event_id
    ) as shared_with,
    permission,
    source_file,
    record_number
from public.event_details
where
    user_id = {subject_id}
    and event_type = 'document_shared'
    and metrics.business_day(event_at) = metrics.business_day({observed_at})
order by event_at, event_id
