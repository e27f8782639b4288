-- One row per input file that may still hold the person: how many known records of it do, published,
-- superseded or quarantined. Of the records that repeat others only the number in a file is known, not whose
-- they are, and of a file that is held back nothing: there `records` is null. Who was erased before is found
-- by the pseudonym.
with records as (
    select file_id
    from public.events
    where user_id in ({user_id}, {pseudonym})
    union all
    select file_id
    from public.events
    where shared_with_user_id in ({user_id}, {pseudonym}) and user_id not in ({user_id}, {pseudonym})
    union all
    select file_id
    from ops.superseded_records
    where user_id in ({user_id}, {pseudonym}) or shared_with_user_id in ({user_id}, {pseudonym})
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
    left join records on ingested_files.file_id = records.file_id
    group by ingested_files.file_path
    having count(records.file_id) > 0 or sum(ingested_files.exact_duplicates) > 0
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
