-- The keys of the staged tables. There is one row per user, document, session, event, event type, recipient,
-- quarantined record, problem of such a record, superseded record and exact duplicate.
alter table {staging}.users add constraint users_pkey primary key (user_id);

alter table {staging}.documents add constraint documents_pkey primary key (document_id);

-- Events refer to the second key by (session_id, user_id). So a session can only hold events of its own user.
alter table {staging}.sessions
add constraint sessions_pkey primary key (session_id),
add constraint sessions_session_id_user_id_key unique (session_id, user_id);

alter table {staging}.events add constraint events_pkey primary key (event_id);

alter table {staging}.share_recipients
add constraint share_recipients_pkey primary key (event_id, user_id);

alter table {staging}.event_properties add constraint event_properties_pkey primary key (event_id);

alter table {staging}.event_types add constraint event_types_pkey primary key (event_type);

alter table {staging}.quarantined_records add primary key (file_id, record_number);

-- A problem of the whole record has no field. It must be there only once too, so nulls count as equal.
alter table {staging}.quarantine_problems
add unique nulls not distinct (file_id, record_number, reason, field);

alter table {staging}.superseded_records add primary key (event_id, content_fingerprint);

alter table {staging}.duplicate_records add primary key (file_id, record_number);
