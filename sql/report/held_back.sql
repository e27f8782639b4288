-- The files that the quality gate holds back, by path. One row per file; none of its records is in any table.
select
    file_path as file,
    why,
    held_back_at
from ops.held_back_files
order by file_path;
