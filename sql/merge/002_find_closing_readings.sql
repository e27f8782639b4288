-- Which readings does this run close? It closes the current readings of the files that it reads whole, and
-- all readings whose content it reads again. `is_dropped` marks the latter: records that only they held are
-- removed. The records of another closed reading stay, because its content is lost but was valid: a log only
-- grows. A full refresh that drops missing records closes and drops all readings.
insert into {staging}.closing_readings (file_id, read_again_as, is_dropped)
select
    ingested_files.file_id,
    repeated_readings.read_again_as,
    repeated_readings.file_id is not null
    or current_setting('document_events.drops_missing')::boolean as is_dropped
from {staging}.whole_readings
inner join ops.ingested_files on whole_readings.file_path = ingested_files.file_path
left join {staging}.repeated_readings on ingested_files.file_id = repeated_readings.file_id
where ingested_files.is_current or repeated_readings.file_id is not null
union
select
    ingested_files.file_id,
    repeated_readings.read_again_as,
    true as is_dropped
from ops.ingested_files
left join {staging}.repeated_readings on ingested_files.file_id = repeated_readings.file_id
where
    current_setting('document_events.drops_missing')::boolean
    and ingested_files.read_again_as is null;
