-- severity: warn
-- One row per file that this run holds back. Its records are missing from every table and metric until the
-- file is fixed or accepted (make accept).
select
    file_path,
    why,
    held_back_at
from ops.held_back_files
where run_id = {run_id}
order by file_path collate "C";
