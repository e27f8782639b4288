-- These indexes serve foreign keys, the metrics, and queries for the history of one user or document.
-- A first load makes them before the transaction that publishes (jobs/storage/database/indexes.py).
create index if not exists sessions_user_id_started_at_idx on {staging}.sessions (user_id, started_at);

create index if not exists events_user_id_event_at_idx on {staging}.events (user_id, event_at);

create index if not exists events_document_id_event_at_idx on {staging}.events (document_id, event_at);

create index if not exists events_session_id_idx on {staging}.events (session_id);

-- When a reading is closed, its events are found by this index.
create index if not exists events_file_id_idx on {staging}.events (file_id);

-- After each run ops.missing_records counts the events that no current reading holds.
create index if not exists events_not_current_idx on {staging}.events (file_id) where not is_current;

create index if not exists events_event_date_user_id_idx on {staging}.events (event_date, user_id);

-- This index lists what a user received, in time order.
create index if not exists share_recipients_user_id_shared_at_idx
on {staging}.share_recipients (user_id, shared_at);

-- By these three a merge finds the latest name, address or title. They leave out the events that state none.
create index if not exists events_named_user_idx on {staging}.events (user_id, event_at)
where reported_user_name is not null;

create index if not exists events_mailed_user_idx on {staging}.events (user_id, event_at)
where reported_user_email is not null;

create index if not exists events_titled_document_idx on {staging}.events (document_id, event_at)
where reported_document_title is not null;

-- The metrics about edits read only this index, not the rows. The date stands before the time, so that edits
-- can be counted by document and day in the order of the index. That is also the order of time.
create index if not exists events_edited_document_idx on {staging}.events (document_id, event_date, event_at)
include (user_id, document_word_count)
where event_type = 'document_edit';

-- Few events are shares, comments or logins, and the metrics about them read only these two indexes. The
-- event id joins a share with its recipients.
create index if not exists events_sent_by_user_idx on {staging}.events (user_id, event_at)
include (event_type, document_id, event_id)
where event_type in ('comment_added', 'document_shared');

create index if not exists events_login_idx on {staging}.events (user_id, event_at)
include (ip_address, device, file_id)
where event_type = 'user_login';

-- A type that is not in the catalogue is removed with its last event. This index shows whether one is left.
create index if not exists events_unknown_type_idx on {staging}.events (event_type)
where event_type not in ('user_login', 'document_edit', 'comment_added', 'document_shared');

create index if not exists documents_first_seen_by_idx on {staging}.documents (first_seen_by);

create index if not exists documents_last_edited_by_idx on {staging}.documents (last_edited_by);
