-- For foreign keys, for the metrics, and for reading one user's or one document's history in time order.
-- A first load makes them before its transaction (jobs/storage/database/indexes.py), which then finds them.
create index if not exists sessions_user_id_started_at_idx on {staging}.sessions (user_id, started_at);

create index if not exists events_user_id_event_at_idx on {staging}.events (user_id, event_at);

create index if not exists events_document_id_event_at_idx on {staging}.events (document_id, event_at);

create index if not exists events_session_id_idx on {staging}.events (session_id);

-- What a reading holds, for when it is closed.
create index if not exists events_file_id_idx on {staging}.events (file_id);

-- What no current reading holds; ops.missing_records counts it after each run.
create index if not exists events_not_current_idx on {staging}.events (file_id) where not is_current;

create index if not exists events_event_date_user_id_idx on {staging}.events (event_date, user_id);

-- What a person received, in time order.
create index if not exists share_recipients_user_id_shared_at_idx
on {staging}.share_recipients (user_id, shared_at);

-- A merge finds a user's latest name or a document's latest title without reading the events that state none.
create index if not exists events_named_user_idx on {staging}.events (user_id, event_at)
where reported_user_name is not null;

create index if not exists events_mailed_user_idx on {staging}.events (user_id, event_at)
where reported_user_email is not null;

create index if not exists events_titled_document_idx on {staging}.events (document_id, event_at)
where reported_document_title is not null;

-- What the metrics ask about edits is read here alone, without the rows. The date comes before the time, so
-- that edits are counted by document and day in the order of the index; both orders are the same.
create index if not exists events_edited_document_idx on {staging}.events (document_id, event_date, event_at)
include (user_id, document_word_count)
where event_type = 'document_edit';

-- Shares, comments and logins are few among the events; the metrics about them read nothing else. By its id a
-- share is joined with its recipients.
create index if not exists events_sent_by_user_idx on {staging}.events (user_id, event_at)
include (event_type, document_id, event_id)
where event_type in ('comment_added', 'document_shared');

create index if not exists events_login_idx on {staging}.events (user_id, event_at)
include (ip_address, device, file_id)
where event_type = 'user_login';

-- A type that the catalogue does not know goes with its last event, which is looked for here.
create index if not exists events_unknown_type_idx on {staging}.events (event_type)
where event_type not in ('user_login', 'document_edit', 'comment_added', 'document_shared');

create index if not exists documents_first_seen_by_idx on {staging}.documents (first_seen_by);

create index if not exists documents_last_edited_by_idx on {staging}.documents (last_edited_by);
