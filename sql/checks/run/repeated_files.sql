-- severity: warn
-- One row per file of this run of which at least 20 records and more than half repeat others: delivered twice
-- under another name, or sent again by its producer. A file that has grown repeats itself and does not count.
select
    file_path,
    run_id,
    accepted,
    exact_duplicates
from ops.ingested_files
where
    run_id = {run_id}
    and is_current
    and exact_duplicates >= 20
    and exact_duplicates > 0.5 * accepted
    and not exists (
        select from ops.ingested_files as earlier
        where earlier.file_path = ingested_files.file_path and earlier.file_id < ingested_files.file_id
    )
order by exact_duplicates desc, file_path collate "C" asc;
