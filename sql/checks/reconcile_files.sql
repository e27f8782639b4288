-- One row per file reading whose sums do not close or whose counts are not what stands in the tables.
-- A published event may later be replaced by a record of another file, never the other way round: so a file
-- has at most as many events as it published, and exactly as many while nothing has been replaced at all.
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

replacements as (
    select coalesce(sum(replaced), 0) as replaced_events
    from ops.ingested_files
    where is_current
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
cross join replacements
where
    readings.records <> readings.blank + readings.quarantined + readings.accepted
    or readings.accepted <> readings.published + readings.exact_duplicates + readings.superseded
    or readings.quarantined <> readings.quarantined_rows
    or (
        readings.is_current
        and (
            readings.published < readings.published_rows
            or (replacements.replaced_events = 0 and readings.published <> readings.published_rows)
        )
    )
order by readings.file_id;
