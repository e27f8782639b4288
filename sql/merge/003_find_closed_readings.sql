-- The readings whose events must be looked at again: those that this run closes, and earlier ones whose
-- content a closed reading had read again.
insert into {staging}.searched_readings (file_id)
select ingested_files.file_id
from {staging}.closing_readings
inner join ops.ingested_files
    on
        closing_readings.file_id = ingested_files.file_id
        or closing_readings.file_id = ingested_files.read_again_as;
