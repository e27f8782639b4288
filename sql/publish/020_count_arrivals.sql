-- One row per file: Spark's counts beside the rows that stand in PostgreSQL.
create table {staging}.arrivals as
with published_rows as (
    select
        file_id,
        count(*) as row_count
    from {staging}.events
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
    file_counts.accepted,
    file_counts.exact_duplicates,
    file_counts.superseded,
    coalesce(published_rows.row_count, 0) as published_rows,
    coalesce(quarantined_rows.row_count, 0) as quarantined_rows,
    coalesce(superseded_rows.row_count, 0) as superseded_rows
from {staging}.file_counts
left join published_rows on file_counts.file_id = published_rows.file_id
left join quarantined_rows on file_counts.file_id = quarantined_rows.file_id
left join superseded_rows on file_counts.file_id = superseded_rows.file_id;
