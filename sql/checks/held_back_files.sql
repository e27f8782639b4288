-- severity: warn
-- One row per file that the quality gate holds back. Its records are missing from every table and metric
-- until the file is fixed or accepted (make accept).
select
    file_path,
    why,
    held_back_at
from ops.held_back_files
order by file_path collate "C";
