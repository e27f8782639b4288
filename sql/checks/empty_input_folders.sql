-- severity: warn
-- One row per input folder in which the latest run that looked into it found nothing: a mount may be lost.
select
    folder,
    found_empty_at
from ops.empty_input_folders
order by folder collate "C";
