-- The published tables, without keys, in the schema of one run: Spark fills them by JDBC, except event_types,
-- which publishing fills. The first load adds the keys and moves them into public, every later one merges
-- their rows. Ids are compared bytewise, as in Spark.
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

-- Keys of what a later load brings: they lead to the published rows that it may change.
-- The properties of the versions that this run brings; several records may bring the same.
create table {staging}.version_properties (
    event_id text collate "C",
    content_fingerprint uuid,
    properties jsonb
);

create table {staging}.arriving_events (
    event_id text collate "C",
    user_id text collate "C",
    event_at timestamptz
);

-- The readings of this run that take the place of all earlier ones of their files.
create table {staging}.whole_readings (file_id bigint, file_path text);

-- Earlier readings whose content a whole reading of this run begins with.
create table {staging}.repeated_readings (file_id bigint, read_again_as bigint);

-- The readings that this run closes; what only a dropped one held goes.
create table {staging}.closing_readings (file_id bigint, read_again_as bigint, is_dropped boolean);

-- The readings in which events are looked for.
create table {staging}.searched_readings (file_id bigint);

-- Events of which a version stands in a reading that is closed; in a full refresh, in one that is kept.
create table {staging}.closing_events (event_id text collate "C");

-- Their versions, and whether readings hold them apart from those of this run.
create table {staging}.holdings (
    event_id text collate "C",
    content_fingerprint uuid,
    is_current boolean,
    is_held boolean
);

-- The published sessions that this run cuts again; a full refresh does so with all.
create table {staging}.affected_sessions (session_id uuid);

-- What is published, or superseded, as `previous_verdict` says: it is looked at again beside the new records.
create table {staging}.history (
    like {staging}.superseded_records,
    previous_verdict text,
    is_held boolean
);

-- Quarantined records of earlier runs that a replay recovered, under the id of their reading in this run.
create table {staging}.recovered_records (file_id bigint, record_number bigint);

-- What an erasure adds to the tombstones, and the quarantined records whose text it has taken away.
create table {staging}.erased_identifiers (identifier_hash text, is_user_id boolean, key_check text);

create table {staging}.redacted_records (
    source_file text,
    record_number bigint,
    run_id bigint,
    is_new boolean
);

-- One row while nothing is lost: a server that crashes empties unlogged tables, and some of them, such as
-- the history, may be empty for good reasons.
create table {staging}.intact (is_intact boolean);
