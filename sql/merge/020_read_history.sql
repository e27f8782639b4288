-- What has to be judged and cut again beside the new records: the events of the touched sessions, and
-- whatever lost before under an id that arrives again. One row per published or superseded record; nothing
-- else is read.
insert into {staging}.history (
    event_id,
    content_fingerprint,
    event_type,
    event_at,
    user_id,
    document_id,
    document_word_count,
    edit_length,
    comment_text,
    shared_with_user_id,
    permission,
    device,
    ip_address,
    reported_user_name,
    reported_user_email,
    reported_document_title,
    file_id,
    record_number,
    run_id,
    standing
)
select
    events.event_id,
    events.content_fingerprint,
    events.event_type,
    events.event_at,
    events.user_id,
    events.document_id,
    events.document_word_count,
    events.edit_length,
    events.comment_text,
    events.shared_with_user_id,
    events.permission,
    events.device,
    events.ip_address,
    events.reported_user_name,
    events.reported_user_email,
    events.reported_document_title,
    events.file_id,
    events.record_number,
    events.run_id,
    'published' as standing
from {staging}.touched_sessions
inner join public.events on touched_sessions.session_id = events.session_id
union all
select
    superseded_records.event_id,
    superseded_records.content_fingerprint,
    superseded_records.event_type,
    superseded_records.event_at,
    superseded_records.user_id,
    superseded_records.document_id,
    superseded_records.document_word_count,
    superseded_records.edit_length,
    superseded_records.comment_text,
    superseded_records.shared_with_user_id,
    superseded_records.permission,
    superseded_records.device,
    superseded_records.ip_address,
    superseded_records.reported_user_name,
    superseded_records.reported_user_email,
    superseded_records.reported_document_title,
    superseded_records.file_id,
    superseded_records.record_number,
    superseded_records.run_id,
    'superseded' as standing
from (select distinct event_id from {staging}.arriving_events) as arriving_events
inner join ops.superseded_records on arriving_events.event_id = superseded_records.event_id;
