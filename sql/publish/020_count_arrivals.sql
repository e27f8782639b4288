-- One row per file: Spark's counts beside the number of rows in the staging tables. Some staged rows are of
-- earlier runs, because they are looked at again. These do not count here. `replaced_rows` counts the events
-- published before that a record of this file replaces. It also counts those that are removed because this
-- reading replaces an earlier one of its file. A full refresh publishes everything again, so it replaces
-- nothing.
create table {staging}.arrivals as
with published_rows as (
    select
        file_id,
        count(*) as row_count
    from {staging}.events
    where run_id = {run_id}
    group by file_id
),

quarantined_rows as (
    select
        file_id,
        count(*) as row_count
    from {staging}.quarantined_records
    group by file_id
),

duplicate_rows as (
    select
        file_id,
        count(*) as row_count
    from {staging}.duplicate_records
    group by file_id
),

superseded_rows as (
    select
        file_id,
        count(*) as row_count
    from {staging}.superseded_records
    where run_id = {run_id}
    group by file_id
),

published_before as (
    select
        history.event_id,
        history.file_id
    from {staging}.history
    cross join ops.pipeline_runs
    where
        history.previous_verdict = 'published'
        and pipeline_runs.run_id = {run_id}
        and pipeline_runs.kind <> 'full_refresh'
),

replaced_events as (
    select events.file_id
    from published_before
    inner join {staging}.events on published_before.event_id = events.event_id
    where events.run_id = {run_id}
    union all
    select closing_readings.read_again_as as file_id
    from published_before
    inner join ops.ingested_files as readings on published_before.file_id = readings.file_id
    inner join {staging}.closing_readings
        on coalesce(readings.read_again_as, readings.file_id) = closing_readings.file_id
    left join {staging}.events on published_before.event_id = events.event_id
    where events.event_id is null
),

replaced_rows as (
    select
        file_id,
        count(*) as row_count
    from replaced_events
    group by file_id
)

select
    file_counts.run_id,
    file_counts.file_id,
    file_counts.file_path,
    file_counts.size_bytes,
    file_counts.modified_at,
    file_counts.format,
    file_counts.source,
    file_counts.mapping_hash,
    file_counts.records,
    file_counts.blank,
    file_counts.ignored,
    file_counts.accepted,
    file_counts.exact_duplicates,
    file_counts.superseded,
    file_counts.part_of_file_id,
    file_counts.content_bytes,
    file_counts.content_digest,
    coalesce(published_rows.row_count, 0) as published_rows,
    coalesce(quarantined_rows.row_count, 0) as quarantined_rows,
    coalesce(duplicate_rows.row_count, 0) as duplicate_rows,
    coalesce(superseded_rows.row_count, 0) as superseded_rows,
    coalesce(replaced_rows.row_count, 0) as replaced_rows
from {staging}.file_counts
left join published_rows on file_counts.file_id = published_rows.file_id
left join quarantined_rows on file_counts.file_id = quarantined_rows.file_id
left join duplicate_rows on file_counts.file_id = duplicate_rows.file_id
left join superseded_rows on file_counts.file_id = superseded_rows.file_id
left join replaced_rows on file_counts.file_id = replaced_rows.file_id;
