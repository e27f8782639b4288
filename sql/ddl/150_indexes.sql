-- For foreign keys, for the metrics, and for reading one user's or one document's history in time order.
create index sessions_user_id_started_at_idx on {staging}.sessions (user_id, started_at);

create index events_user_id_event_at_idx on {staging}.events (user_id, event_at);

create index events_document_id_event_at_idx on {staging}.events (document_id, event_at);

create index events_session_id_idx on {staging}.events (session_id);

create index events_event_date_user_id_idx on {staging}.events (event_date, user_id);

create index events_shared_with_user_id_idx on {staging}.events (shared_with_user_id)
where shared_with_user_id is not null;
