-- severity: warn
-- One row per file of this run of which at least 20 records, and more than half of them, repeat other
-- records. The file was delivered again under another name, or its producer sent the events again. Files that
-- were read before are left out, because a file that has grown repeats its own records.
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
