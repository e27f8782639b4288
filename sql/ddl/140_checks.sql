-- The conditions that must hold within one row.
alter table {staging}.users
add constraint users_seen_in_order check (last_seen_at >= first_seen_at);

alter table {staging}.documents
add constraint documents_word_count_not_negative check (word_count >= 0),
add constraint documents_edited_after_seen check (last_edited_at >= first_seen_at),
add constraint documents_editor_has_time check ((last_edited_by is null) = (last_edited_at is null));

alter table {staging}.sessions
add constraint sessions_ended_after_started check (ended_at >= started_at),
add constraint sessions_event_count_positive check (event_count > 0),
add constraint sessions_duration_matches check (
    session_duration_seconds = extract(epoch from ended_at - started_at)
),
add constraint sessions_counts_not_negative check (
    edit_count >= 0 and comment_count >= 0 and share_count >= 0 and document_count >= 0
),
add constraint sessions_counts_within_events check (
    edit_count + comment_count + share_count <= event_count and document_count <= event_count
);

alter table {staging}.events
add constraint events_document_required check (
    document_id is not null
    or event_type not in ('document_edit', 'comment_added', 'document_shared')
),
add constraint events_event_date_is_utc_date check (event_date = (event_at at time zone 'UTC')::date),
add constraint events_day_of_week_matches check (
    day_of_week = (
        array['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
    )[extract(isodow from event_date)]
),
add constraint events_word_count_not_negative check (document_word_count >= 0),
add constraint events_record_number_positive check (record_number > 0);
