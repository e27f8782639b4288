-- The columns that every published row must have.
alter table {staging}.users
alter column user_id set not null,
alter column first_seen_at set not null,
alter column last_seen_at set not null;

alter table {staging}.documents
alter column document_id set not null,
alter column first_seen_at set not null,
alter column first_seen_by set not null;

alter table {staging}.sessions
alter column session_id set not null,
alter column user_id set not null,
alter column started_at set not null,
alter column ended_at set not null,
alter column session_duration_seconds set not null,
alter column event_count set not null,
alter column edit_count set not null,
alter column comment_count set not null,
alter column share_count set not null,
alter column document_count set not null;

alter table {staging}.events
alter column event_id set not null,
alter column event_type set not null,
alter column event_at set not null,
alter column event_date set not null,
alter column day_of_week set not null,
alter column user_id set not null,
alter column session_id set not null,
alter column content_fingerprint set not null,
alter column file_id set not null,
alter column record_number set not null,
alter column run_id set not null,
alter column is_current set not null;

alter table {staging}.event_properties
alter column event_id set not null,
alter column properties set not null;

alter table {staging}.share_recipients
alter column event_id set not null,
alter column user_id set not null,
alter column shared_at set not null;

alter table {staging}.event_types
alter column event_type set not null,
alter column is_known set not null,
alter column requires_document set not null;
