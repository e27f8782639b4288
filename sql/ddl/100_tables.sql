-- The staging tables of one run, without keys. Spark fills most of them by JDBC, and publishing fills the
-- rest. The first load adds keys to the published tables and moves them into the schema public. Every later
-- load merges their rows. Ids have the collation "C", so that they are compared byte by byte, as Spark does.
create table {staging}.users (
    user_id text collate "C",
    name text,
    email text,
    first_seen_at timestamptz,
    last_seen_at timestamptz
);

create table {staging}.documents (
    document_id text collate "C",
    title text,
    first_seen_at timestamptz,
    first_seen_by text collate "C",
    last_edited_by text collate "C",
    last_edited_at timestamptz,
    word_count bigint
);

create table {staging}.sessions (
    session_id uuid,
    user_id text collate "C",
    started_at timestamptz,
    ended_at timestamptz,
    session_duration_seconds numeric(18, 6),
    event_count bigint,
    edit_count bigint,
    comment_count bigint,
    share_count bigint,
    document_count bigint
);

create table {staging}.events (
    event_id text collate "C",
    event_type text,
    event_at timestamptz,
    event_date date,
    day_of_week text,
    user_id text collate "C",
    document_id text collate "C",
    session_id uuid,
    document_word_count bigint,
    edit_length bigint,
    comment_text text,
    permission text,
    device text,
    ip_address text,
    reported_user_name text,
    reported_user_email text,
    reported_document_title text,
    content_fingerprint uuid,
    file_id bigint,
    record_number bigint,
    run_id bigint,
    is_current boolean,
    revision bigint
);

create table {staging}.share_recipients (
    event_id text collate "C",
    user_id text collate "C",
    shared_at timestamptz
);

create table {staging}.event_types (
    event_type text,
    description text,
    is_known boolean,
    requires_document boolean
);

create table {staging}.quarantined_records (
    file_id bigint,
    record_number bigint,
    reasons text[],
    fields text[],
    raw_sha256 text,
    run_id bigint,
    due_at timestamptz
);

create table {staging}.quarantine_problems (
    file_id bigint,
    record_number bigint,
    reason text,
    field text
);

create table {staging}.event_properties (
    event_id text collate "C",
    properties jsonb
);

create table {staging}.superseded_records (
    event_id text collate "C",
    content_fingerprint uuid,
    event_type text,
    event_at timestamptz,
    user_id text collate "C",
    document_id text collate "C",
    document_word_count bigint,
    edit_length bigint,
    comment_text text,
    recipients text[],
    permission text,
    device text,
    ip_address text,
    reported_user_name text,
    reported_user_email text,
    reported_document_title text,
    file_id bigint,
    record_number bigint,
    run_id bigint,
    is_current boolean,
    revision bigint,
    properties jsonb
);

create table {staging}.duplicate_records (
    event_id text collate "C",
    content_fingerprint uuid,
    file_id bigint,
    record_number bigint
);

-- The properties of the versions that this run brings. Several records may bring the same ones.
create table {staging}.version_properties (
    event_id text collate "C",
    content_fingerprint uuid,
    properties jsonb
);

-- The keys of the records that a later load brings. By them the merge finds the published rows that may
-- change.
create table {staging}.arriving_events (
    event_id text collate "C",
    user_id text collate "C",
    event_at timestamptz
);

-- The readings of this run that replace all earlier readings of their files.
create table {staging}.whole_readings (file_id bigint, file_path text);

-- The earlier readings whose content a whole reading of this run begins with, so that it reads them again.
create table {staging}.repeated_readings (file_id bigint, read_again_as bigint);

-- The earlier readings that this run closes. Records that only a dropped reading held are removed.
create table {staging}.closing_readings (file_id bigint, read_again_as bigint, is_dropped boolean);

-- The readings whose events must be looked at again.
create table {staging}.searched_readings (file_id bigint);

-- The events that have a version in a searched reading.
create table {staging}.closing_events (event_id text collate "C");

-- The versions of these events, and whether other readings than those of this run hold them.
create table {staging}.holdings (
    event_id text collate "C",
    content_fingerprint uuid,
    is_current boolean,
    is_held boolean
);

-- The published sessions that this run cuts again. A full refresh cuts all of them again.
create table {staging}.affected_sessions (session_id uuid);

-- The published and superseded records that are deduplicated again together with the new ones. The column
-- `previous_verdict` says which of the two a record was.
create table {staging}.history (
    like {staging}.superseded_records,
    previous_verdict text,
    is_held boolean
);

-- The quarantined records of earlier runs that this replay recovers. `file_id` is their reading in this run.
create table {staging}.recovered_records (file_id bigint, record_number bigint);

-- The new tombstones of an erasure.
create table {staging}.erased_identifiers (identifier_hash text, is_user_id boolean, key_check text);

-- The quarantined records without text. `is_new` marks those whose text this erasure has removed.
create table {staging}.redacted_records (
    source_file text,
    record_number bigint,
    run_id bigint,
    is_new boolean
);

-- This table has one row, unless the server has crashed: a crash empties all unlogged tables. The other
-- tables do not show that, because some of them, such as the history, may be empty for good reasons.
create table {staging}.intact (is_intact boolean);
