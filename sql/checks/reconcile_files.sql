-- severity: error
-- One row per file whose sums do not close or whose counts are not what stands in the tables.
-- By path, over its readings since the last full refresh: a full refresh leaves an event that it finds at its
-- old place with the reading that brought it first. A published event may later be replaced by a record of
-- another file, never the other way round: a file has at most as many events as it published, and exactly as
-- many while nothing has been replaced at all.
with last_refresh as (
    select coalesce(max(run_id), 0) as run_id
    from ops.pipeline_runs
    where kind = 'full_refresh' and status = 'succeeded'
),

quarantined_rows as (
    select
        file_id,
        count(*) as row_count
    from ops.quarantined_records
    group by file_id
),

readings as (
    select
        ingested_files.*,
        ingested_files.run_id >= last_refresh.run_id as counts_now,
        coalesce(quarantined_rows.row_count, 0) as quarantined_rows
    from ops.ingested_files
    cross join last_refresh
    left join quarantined_rows on ingested_files.file_id = quarantined_rows.file_id
),

files as (
    select
        file_path,
        sum(records) as records,
        sum(blank) as blank,
        sum(quarantined) as quarantined,
        sum(quarantined_rows) as quarantined_rows,
        sum(accepted) as accepted,
        sum(exact_duplicates) as exact_duplicates,
        sum(superseded) as superseded,
        coalesce(sum(published) filter (where counts_now), 0) as published,
        count(*) filter (
            where
            records <> blank + quarantined + accepted
            or accepted <> published + exact_duplicates + superseded
            or quarantined <> quarantined_rows
        ) as open_readings
    from readings
    group by file_path
),

published_rows as (
    select
        ingested_files.file_path,
        count(*) as row_count
    from public.events
    inner join ops.ingested_files on events.file_id = ingested_files.file_id
    group by ingested_files.file_path
),

replacements as (
    select coalesce(sum(replaced) filter (where counts_now), 0) as replaced_events
    from readings
)

select
    files.file_path,
    files.records,
    files.blank,
    files.quarantined,
    files.quarantined_rows,
    files.accepted,
    files.exact_duplicates,
    files.superseded,
    files.published,
    coalesce(published_rows.row_count, 0) as published_rows
from files
cross join replacements
left join published_rows on files.file_path = published_rows.file_path
where
    files.open_readings > 0
    or files.published < coalesce(published_rows.row_count, 0)
    or (replacements.replaced_events = 0 and files.published <> coalesce(published_rows.row_count, 0))
order by files.file_path collate "C";
