-- Events that were replaced by a winner of the same id, or belong to another session now, or whose words are
-- counted by another rule. Where a full refresh finds an event at another place of the input, its provenance
-- follows; at the same place it keeps the run that brought it first.
update public.events set
    event_type = staged.event_type,
    event_at = staged.event_at,
    event_date = staged.event_date,
    day_of_week = staged.day_of_week,
    user_id = staged.user_id,
    document_id = staged.document_id,
    session_id = staged.session_id,
    document_word_count = staged.document_word_count,
    edit_length = staged.edit_length,
    comment_text = staged.comment_text,
    shared_with_user_id = staged.shared_with_user_id,
    permission = staged.permission,
    device = staged.device,
    ip_address = staged.ip_address,
    reported_user_name = staged.reported_user_name,
    reported_user_email = staged.reported_user_email,
    reported_document_title = staged.reported_document_title,
    content_fingerprint = staged.content_fingerprint,
    file_id = staged.file_id,
    record_number = staged.record_number,
    run_id = staged.run_id
from {staging}.events as staged
inner join ops.ingested_files as this_reading on staged.file_id = this_reading.file_id
cross join ops.ingested_files as first_reading
where
    events.event_id = staged.event_id
    and events.file_id = first_reading.file_id
    and (
        events.content_fingerprint <> staged.content_fingerprint
        or events.session_id <> staged.session_id
        or events.document_word_count is distinct from staged.document_word_count
        or events.record_number <> staged.record_number
        or first_reading.file_path <> this_reading.file_path
    );
