-- The places of exact duplicates: those in readings that are dropped go, those of this run come.
delete from ops.duplicate_records
using {staging}.closing_readings
where duplicate_records.file_id = closing_readings.file_id and closing_readings.is_dropped;

insert into ops.duplicate_records ({duplicate_records_columns})
select {duplicate_records_columns}
from {staging}.duplicate_records;
