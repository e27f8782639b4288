-- severity: warn
-- One row per input folder in which the latest run found no file. The mount of the folder may be lost.
select
    folder,
    found_empty_at
from ops.empty_input_folders
order by folder collate "C";
