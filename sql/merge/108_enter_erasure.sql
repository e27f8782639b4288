-- Enters the tombstones of an erasure, and removes the hashes of quarantined records without text, which can
-- no longer be shown or replayed. An erasure changes fingerprints, and versions are ranked by these. So
-- another version of an event may be published now. The file of that version then counts one more published
-- record and one less superseded record.
insert into ops.erased_identifiers (identifier_hash, is_user_id, key_check, run_id)
select
    identifier_hash,
    is_user_id,
    key_check,
    {run_id}
from {staging}.erased_identifiers
on conflict do nothing;

update ops.quarantined_records set
    raw_sha256 = null,
    due_at = null
from {staging}.redacted_records
inner join ops.ingested_files on redacted_records.source_file = ingested_files.file_path
where
    quarantined_records.file_id = ingested_files.file_id
    and quarantined_records.record_number = redacted_records.record_number
    and quarantined_records.run_id = redacted_records.run_id;

with moved as (
    select
        staged.file_id,
        count(*) as event_count
    from {staging}.events as staged
    inner join public.events on staged.event_id = events.event_id
    inner join ops.pipeline_runs on pipeline_runs.run_id = {run_id} and pipeline_runs.kind = 'erase'
    where (staged.file_id, staged.record_number) <> (events.file_id, events.record_number)
    group by staged.file_id
)

update ops.ingested_files set
    published = published + least(moved.event_count, superseded),
    superseded = superseded - least(moved.event_count, superseded),
    replaced = replaced + least(moved.event_count, superseded)
from moved
where ingested_files.file_id = moved.file_id;
