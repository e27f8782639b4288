-- One row per file: Spark's counts beside the rows that stand in PostgreSQL. Rows of earlier runs are staged
-- too where their sessions are cut again; they count for nothing here. `replaced` counts the published events
-- that a new record of the same id, and so of this file, puts out of their place.
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

superseded_rows as (
    select
        file_id,
        count(*) as row_count
    from {staging}.superseded_records
    where run_id = {run_id}
    group by file_id
),

replaced_rows as (
    select
        events.file_id,
        count(*) as row_count
    from {staging}.events
    inner join {staging}.history on events.event_id = history.event_id
    where events.run_id = {run_id} and history.previous_verdict = 'published'
    group by events.file_id
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
    file_counts.accepted,
    file_counts.exact_duplicates,
    file_counts.superseded,
    coalesce(published_rows.row_count, 0) as published_rows,
    coalesce(quarantined_rows.row_count, 0) as quarantined_rows,
    coalesce(superseded_rows.row_count, 0) as superseded_rows,
    coalesce(replaced_rows.row_count, 0) as replaced_rows
from {staging}.file_counts
left join published_rows on file_counts.file_id = published_rows.file_id
left join quarantined_rows on file_counts.file_id = quarantined_rows.file_id
left join superseded_rows on file_counts.file_id = superseded_rows.file_id
left join replaced_rows on file_counts.file_id = replaced_rows.file_id;
