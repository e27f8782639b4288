-- Quarantined records. A replay marks what it recovered, and so does a file that is read again: its records
-- have the numbers that they had.
insert into ops.quarantined_records ({quarantined_records_columns})
select {quarantined_records_columns}
from {staging}.quarantined_records;

update ops.quarantined_records set recovered_by_run_id = {run_id}
from {staging}.recovered_records
inner join {staging}.file_counts on recovered_records.file_id = file_counts.file_id
where
    quarantined_records.file_id = file_counts.original_file_id
    and quarantined_records.record_number = recovered_records.record_number;

update ops.quarantined_records set recovered_by_run_id = {run_id}
from {staging}.closing_readings
where
    quarantined_records.file_id = closing_readings.file_id
    and quarantined_records.recovered_by_run_id is null
    and closing_readings.read_again_as is not null
    and not exists (
        select from {staging}.quarantined_records as still_quarantined
        where
            still_quarantined.file_id = closing_readings.read_again_as
            and still_quarantined.record_number = quarantined_records.record_number
    );
