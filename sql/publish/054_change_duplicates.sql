-- Removes the exact duplicates of readings that are dropped, and adds those of this run.
delete from ops.duplicate_records
using {staging}.closing_readings
where duplicate_records.file_id = closing_readings.file_id and closing_readings.is_dropped;

insert into ops.duplicate_records ({duplicate_records_columns})
select {duplicate_records_columns}
from {staging}.duplicate_records;
