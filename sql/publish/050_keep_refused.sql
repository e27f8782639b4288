-- Refused and superseded records; a rebuild finds every superseded record anew.
insert into ops.quarantined_records (file_id, record_number, reasons, raw_sha256, run_id)
select
    file_id,
    record_number,
    reasons,
    raw_sha256,
    run_id
from {staging}.quarantined_records;

delete from ops.superseded_records;

insert into ops.superseded_records (
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
    run_id
)
select
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
    run_id
from {staging}.superseded_records;
