-- One row per file reading whose sums do not close or whose counts are not what stands in the tables. A
-- published event may later be replaced by a record of another file, never the other way round: so a reading
-- since the last full refresh has at most as many events as it published. (A full refresh leaves an event
-- that it finds at its old place with the reading that brought it first, so earlier readings have some too.)
with published_rows as (
    select
        file_id,
        count(*) as row_count
    from public.events
    group by file_id
),

quarantined_rows as (
    select
        file_id,
        count(*) as row_count
    from ops.quarantined_records
    group by file_id
),

last_refresh as (
    select coalesce(max(run_id), 0) as run_id
    from ops.pipeline_runs
    where kind = 'full_refresh' and status = 'succeeded'
),

readings as (
    select
        ingested_files.*,
        coalesce(published_rows.row_count, 0) as published_rows,
        coalesce(quarantined_rows.row_count, 0) as quarantined_rows
    from ops.ingested_files
    left join published_rows on ingested_files.file_id = published_rows.file_id
    left join quarantined_rows on ingested_files.file_id = quarantined_rows.file_id
)

select
    readings.file_id,
    readings.file_path,
    readings.records,
    readings.blank,
    readings.quarantined,
    readings.quarantined_rows,
    readings.accepted,
    readings.exact_duplicates,
    readings.superseded,
    readings.published,
    readings.published_rows
from readings
cross join last_refresh
where
    readings.records <> readings.blank + readings.quarantined + readings.accepted
    or readings.accepted <> readings.published + readings.exact_duplicates + readings.superseded
    or readings.quarantined <> readings.quarantined_rows
    or (readings.run_id >= last_refresh.run_id and readings.published < readings.published_rows)
order by readings.file_id;
