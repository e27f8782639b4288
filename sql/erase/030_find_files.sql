-- One row per input file that may still hold the person. `records` counts its known records of the person:
-- published, superseded and quarantined ones, and exact duplicates. It is null for a file that is held back.
-- It is also null for a file whose duplicates an earlier version did not keep, because these may be
-- anybody's. A person who was erased before is found by the pseudonym.
with named_events as (
    select event_id from public.events
    where user_id in ({user_id}, {pseudonym})
    union
    select event_id from public.share_recipients
    where user_id in ({user_id}, {pseudonym})
    union
    select event_id from public.event_properties
    where strpos(properties::text, {id_in_json}) > 0 or strpos(properties::text, {pseudonym_in_json}) > 0
),

versions as (
    select
        events.event_id,
        events.content_fingerprint,
        events.file_id
    from named_events
    inner join public.events on named_events.event_id = events.event_id
    union all
    select
        event_id,
        content_fingerprint,
        file_id
    from ops.superseded_records
    where
        user_id in ({user_id}, {pseudonym})
        or recipients && array[{user_id}, {pseudonym}]
        or strpos(properties::text, {id_in_json}) > 0
        or strpos(properties::text, {pseudonym_in_json}) > 0
),

records as (
    select file_id
    from versions
    union all
    select duplicate_records.file_id
    from versions
    inner join ops.duplicate_records
        on
            versions.event_id = duplicate_records.event_id
            and versions.content_fingerprint = duplicate_records.content_fingerprint
    union all
    select quarantined_records.file_id
    from {staging}.redacted_records
    inner join ops.ingested_files on redacted_records.source_file = ingested_files.file_path
    inner join ops.quarantined_records
        on
            ingested_files.file_id = quarantined_records.file_id
            and redacted_records.record_number = quarantined_records.record_number
            and redacted_records.run_id = quarantined_records.run_id
    where redacted_records.is_new
),

loaded_files as (
    select
        ingested_files.file_path,
        nullif(count(records.file_id), 0) as records
    from ops.ingested_files
    inner join ops.pipeline_runs on ingested_files.run_id = pipeline_runs.run_id
    left join records on ingested_files.file_id = records.file_id
    group by ingested_files.file_path
    having
        count(records.file_id) > 0
        or sum(ingested_files.exact_duplicates) filter (where pipeline_runs.identity_version = 1) > 0
),

held_back_files as (
    select file_path
    from ops.held_back_files
    where file_path not in (select loaded_files.file_path from loaded_files)
),

files as (
    select
        file_path,
        records
    from loaded_files
    union all
    select
        file_path,
        null as records
    from held_back_files
)

select
    file_path,
    records
from files
order by records desc nulls last, file_path collate "C" asc;
