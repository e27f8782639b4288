-- One row per event. This is the flat table of the brief, with the duration of the session, and with the
-- latest names of user and document.
create or replace view public.event_details as
select
    events.event_id,
    events.event_type,
    events.event_at,
    events.event_date,
    events.day_of_week,
    events.user_id,
    users.name as user_name,
    users.email as user_email,
    events.document_id,
    documents.title as document_title,
    events.document_word_count,
    events.edit_length,
    events.session_id,
    sessions.started_at as session_started_at,
    sessions.session_duration_seconds,
    events.comment_text,
    events.permission,
    events.device,
    events.ip_address,
    ingested_files.file_path as source_file,
    events.record_number,
    events.run_id,
    events.revision,
    (
        select count(*) from public.share_recipients
        where share_recipients.event_id = events.event_id
    ) as recipient_count,
    event_properties.properties
from public.events
inner join public.users on events.user_id = users.user_id
inner join public.sessions on events.session_id = sessions.session_id
inner join ops.ingested_files on events.file_id = ingested_files.file_id
left join public.documents on events.document_id = documents.document_id
left join public.event_properties on events.event_id = event_properties.event_id;

-- One row per quarantined record that is still open: its reading is current, and no run has recovered it.
create or replace view ops.open_quarantined_records as
select
    quarantined_records.file_id,
    ingested_files.file_path,
    ingested_files.size_bytes,
    ingested_files.modified_at,
    ingested_files.source,
    quarantined_records.record_number,
    quarantined_records.reasons,
    quarantined_records.fields,
    quarantined_records.raw_sha256,
    quarantined_records.run_id,
    coalesce(ingested_files.part_of_file_id, ingested_files.file_id) as part_of_file_id,
    ingested_files.mapping_hash,
    quarantined_records.due_at
from ops.quarantined_records
inner join ops.ingested_files on quarantined_records.file_id = ingested_files.file_id
where ingested_files.is_current and quarantined_records.recovered_by_run_id is null;

-- One row per problem of an open quarantined record. Earlier versions did not keep which reason is about
-- which field. Records that they quarantined have one row per reason instead.
create or replace view ops.open_quarantine_problems as
with unpaired as (
    select
        open_records.file_id,
        open_records.record_number,
        reasons.reason,
        '(not recorded)' as field
    from ops.open_quarantined_records as open_records
    cross join unnest(open_records.reasons) as reasons (reason)
    left join ops.quarantine_problems
        on
            open_records.file_id = quarantine_problems.file_id
            and open_records.record_number = quarantine_problems.record_number
    where quarantine_problems.file_id is null
),

problems as (
    select
        file_id,
        record_number,
        reason,
        field
    from ops.quarantine_problems
    union all
    select
        file_id,
        record_number,
        reason,
        field
    from unpaired
)

select
    problems.file_id,
    open_records.file_path,
    problems.record_number,
    problems.reason,
    problems.field,
    open_records.run_id
from problems
inner join ops.open_quarantined_records as open_records
    on problems.file_id = open_records.file_id and problems.record_number = open_records.record_number;

-- One row per file that once held published records which no current reading of any file holds any more.
create or replace view ops.missing_records as
select
    ingested_files.file_path,
    count(*) as records
from public.events
inner join ops.ingested_files on events.file_id = ingested_files.file_id
where not events.is_current
group by ingested_files.file_path;

-- One row about the whole database: whether it still gets data, and whether its sums close.
create or replace view ops.health as
with last_success as (
    select max(finished_at) as last_success_at
    from ops.pipeline_runs
    where run_id = (
        select max(succeeded_runs.run_id)
        from ops.pipeline_runs as succeeded_runs
        where succeeded_runs.status = 'succeeded'
    )
),

newest_event as (
    select max(event_at) as newest_event_at from public.events
),

open_quarantine as (
    select count(*) as open_quarantined_records from ops.open_quarantined_records
),

unclosed_files as (
    select count(*) as files_not_closing
    from ops.ingested_files
    where
        records <> blank + ignored + quarantined + accepted
        or accepted <> published + exact_duplicates + superseded
),

held_back as (
    select count(*) as held_back_files from ops.held_back_files
),

empty_folders as (
    select count(*) as empty_input_folders from ops.empty_input_folders
)

select
    last_success.last_success_at,
    newest_event.newest_event_at,
    open_quarantine.open_quarantined_records,
    unclosed_files.files_not_closing,
    held_back.held_back_files,
    empty_folders.empty_input_folders
from last_success
cross join newest_event
cross join open_quarantine
cross join unclosed_files
cross join held_back
cross join empty_folders;
