-- The edits of the document on the observed day. One row per event.
select
    event_at,
    user_id,
    document_id,
    document_word_count,
    edit_length,
    source_file,
    record_number
from public.event_details
where
    document_id = {subject_id}
    and event_type = 'document_edit'
    and metrics.business_day(event_at) = metrics.business_day({observed_at})
order by event_at, event_id
