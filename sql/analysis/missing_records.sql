-- Published records that no current reading of any file holds: the file was shortened, rotated or replaced.
-- One row per file that held them; none when all is well. FULL_REFRESH=1 DROP_MISSING=1 drops them.
select
    file_path,
    records
from ops.missing_records
order by records desc, file_path collate "C" asc;
