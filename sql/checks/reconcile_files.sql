-- severity: error
-- One row per current reading whose sums do not close, or whose counts do not agree with the tables. Each
-- accepted record of a reading is in one table. The first record of a version is in public.events or in
-- ops.superseded_records, and all others are in ops.duplicate_records. Earlier versions had no such table, so
-- for what they loaded only the sums are checked.
with quarantined_rows as (
    select
        file_id,
        count(*) as row_count
    from ops.quarantined_records
    group by file_id
),

places as (
    select
        file_id,
        record_number
    from public.events
    union all
    select
        file_id,
        record_number
    from ops.superseded_records
    union all
    select
        file_id,
        record_number
    from ops.duplicate_records
),

-- A record that was read again keeps its first place. So it counts for the reading that read it again.
accepted_rows as (
    select
        coalesce(readings.read_again_as, readings.file_id) as file_id,
        count(distinct places.record_number) as row_count
    from places
    inner join ops.ingested_files as readings on places.file_id = readings.file_id
    group by coalesce(readings.read_again_as, readings.file_id)
)

select
    ingested_files.file_path,
    ingested_files.file_id,
    ingested_files.records,
    ingested_files.blank,
    ingested_files.ignored,
    ingested_files.quarantined,
    coalesce(quarantined_rows.row_count, 0) as quarantined_rows,
    ingested_files.accepted,
    coalesce(accepted_rows.row_count, 0) as accepted_rows,
    ingested_files.exact_duplicates,
    ingested_files.superseded,
    ingested_files.published
from ops.ingested_files
inner join ops.pipeline_runs on ingested_files.run_id = pipeline_runs.run_id
left join quarantined_rows on ingested_files.file_id = quarantined_rows.file_id
left join accepted_rows on ingested_files.file_id = accepted_rows.file_id
where
    ingested_files.is_current
    and (
        ingested_files.records <> (
            ingested_files.blank
            + ingested_files.ignored
            + ingested_files.quarantined
            + ingested_files.accepted
        )
        or ingested_files.accepted
        <> ingested_files.published + ingested_files.exact_duplicates + ingested_files.superseded
        or ingested_files.quarantined <> coalesce(quarantined_rows.row_count, 0)
        or (
            pipeline_runs.identity_version > 1
            and ingested_files.accepted <> coalesce(accepted_rows.row_count, 0)
        )
    )
order by ingested_files.file_path collate "C" asc, ingested_files.file_id asc;
