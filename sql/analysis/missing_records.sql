-- One row per file that once held published records which no current reading of any file holds any more.
-- Such a file was shortened, rotated or replaced. There is no row when all is well. A run with FULL_REFRESH=1
-- DROP_MISSING=1 drops these records.
select
    file_path,
    records
from ops.missing_records
order by records desc, file_path collate "C" asc;
