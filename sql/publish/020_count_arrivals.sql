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
    file_counts.*,
    coalesce(published_rows.row_count, 0) as published_rows,
    coalesce(quarantined_rows.row_count, 0) as quarantined_rows,
    coalesce(superseded_rows.row_count, 0) as superseded_rows
from {staging}.file_counts
left join published_rows on file_counts.file_id = published_rows.file_id
left join quarantined_rows on file_counts.file_id = quarantined_rows.file_id
left join superseded_rows on file_counts.file_id = superseded_rows.file_id;
