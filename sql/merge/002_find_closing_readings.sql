-- Which readings does this run close? Those of the files that it reads whole. One that it reads again goes
-- with all that only it held. What another one held stays, since a log only grows. A full refresh that
-- drops what is missing lets everything go that it does not read.
insert into {staging}.closing_readings (file_id, read_again_as, is_dropped)
select
    ingested_files.file_id,
    case when whole_readings.reads_again then whole_readings.file_id end as read_again_as,
    whole_readings.reads_again or current_setting('document_events.drops_missing')::boolean as is_dropped
from {staging}.whole_readings
inner join ops.ingested_files on whole_readings.file_path = ingested_files.file_path
where ingested_files.is_current
union all
select
    ingested_files.file_id,
    null as read_again_as,
    true as is_dropped
from ops.ingested_files
where
    current_setting('document_events.drops_missing')::boolean
    and ingested_files.read_again_as is null
    and not (
        ingested_files.is_current
        and ingested_files.file_path in (select whole_readings.file_path from {staging}.whole_readings)
    );
