-- The references between the published tables, and from events to the ledger of files.
alter table {staging}.documents
add constraint documents_first_seen_by_fkey foreign key (first_seen_by)
references {staging}.users (user_id),
add constraint documents_last_edited_by_fkey foreign key (last_edited_by)
references {staging}.users (user_id);

alter table {staging}.sessions
add constraint sessions_user_id_fkey foreign key (user_id) references {staging}.users (user_id);

alter table {staging}.events
add constraint events_event_type_fkey foreign key (event_type)
references {staging}.event_types (event_type),
add constraint events_user_id_fkey foreign key (user_id) references {staging}.users (user_id),
add constraint events_document_id_fkey foreign key (document_id)
references {staging}.documents (document_id),
add constraint events_session_id_user_id_fkey foreign key (session_id, user_id)
references {staging}.sessions (session_id, user_id),
add constraint events_file_id_fkey foreign key (file_id) references ops.ingested_files (file_id);

alter table {staging}.share_recipients
add constraint share_recipients_event_id_fkey foreign key (event_id) references {staging}.events (event_id),
add constraint share_recipients_user_id_fkey foreign key (user_id) references {staging}.users (user_id);

alter table {staging}.event_properties
add constraint event_properties_event_id_fkey foreign key (event_id) references {staging}.events (event_id);
