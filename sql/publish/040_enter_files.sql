-- A rebuild reads every file again: its readings take the place of all earlier ones.
update ops.ingested_files set is_current = false
where is_current;

insert into ops.ingested_files (
    file_id,
    file_path,
    size_bytes,
    modified_at,
    format,
    source,
    mapping_hash,
    records,
    blank,
    quarantined,
    accepted,
    exact_duplicates,
    superseded,
    published,
    replaced,
    run_id,
    is_current
)
select
    file_id,
    file_path,
    size_bytes,
    modified_at,
    format,
    source,
    mapping_hash,
    records,
    blank,
    quarantined_rows,
    accepted,
    exact_duplicates,
    superseded_rows,
    published_rows,
    0 as replaced,
    run_id,
    true as is_current
from {staging}.arrivals;
