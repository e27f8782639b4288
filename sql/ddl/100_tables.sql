-- The published tables, without keys, in the schema of one run: Spark fills them by JDBC, publishing adds
-- the keys and moves them into public.
create table {staging}.users (
    user_id text,
    name text,
    email text,
    first_seen_at timestamptz,
    last_seen_at timestamptz
);

create table {staging}.documents (
    document_id text,
    title text,
    first_seen_at timestamptz,
    first_seen_by text,
    last_edited_by text,
    last_edited_at timestamptz,
    word_count bigint
);

create table {staging}.sessions (
    session_id uuid,
    user_id text,
    started_at timestamptz,
    ended_at timestamptz,
    session_duration_seconds numeric(18, 6),
    event_count bigint
);

create table {staging}.events (
    event_id text,
    event_type text,
    event_at timestamptz,
    event_date date,
    day_of_week text,
    user_id text,
    document_id text,
    session_id uuid,
    document_word_count bigint,
    edit_length bigint,
    comment_text text,
    shared_with_user_id text,
    permission text,
    device text,
    ip_address text,
    reported_user_name text,
    reported_user_email text,
    reported_document_title text,
    content_fingerprint uuid,
    file_id bigint,
    record_number bigint,
    run_id bigint
);

create table {staging}.quarantined_records (
    file_id bigint,
    record_number bigint,
    reasons text[],
    raw_sha256 text,
    run_id bigint
);

create table {staging}.superseded_records (
    event_id text,
    content_fingerprint uuid,
    event_type text,
    event_at timestamptz,
    user_id text,
    document_id text,
    document_word_count bigint,
    edit_length bigint,
    comment_text text,
    shared_with_user_id text,
    permission text,
    device text,
    ip_address text,
    reported_user_name text,
    reported_user_email text,
    reported_document_title text,
    file_id bigint,
    record_number bigint,
    run_id bigint
);
