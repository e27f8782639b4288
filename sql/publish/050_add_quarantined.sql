-- Adds quarantined records and their problems, and marks earlier ones that this run has recovered. A replay
-- recovers single records. A file that is read again recovers the records that are now accepted under the
-- same record number.
insert into ops.quarantined_records ({quarantined_records_columns})
select {quarantined_records_columns}
from {staging}.quarantined_records;

insert into ops.quarantine_problems ({quarantine_problems_columns})
select {quarantine_problems_columns}
from {staging}.quarantine_problems;

update ops.quarantined_records set recovered_by_run_id = {run_id}
from {staging}.recovered_records
inner join {staging}.file_counts on recovered_records.file_id = file_counts.file_id
where
    quarantined_records.file_id = file_counts.original_file_id
    and quarantined_records.record_number = recovered_records.record_number;

with recovered as (
    select
        earlier.file_id,
        earlier.record_number
    from {staging}.closing_readings
    inner join ops.quarantined_records as earlier on closing_readings.file_id = earlier.file_id
    left join {staging}.quarantined_records as still_quarantined
        on
            closing_readings.read_again_as = still_quarantined.file_id
            and earlier.record_number = still_quarantined.record_number
    where
        closing_readings.read_again_as is not null
        and earlier.recovered_by_run_id is null
        and still_quarantined.file_id is null
)

update ops.quarantined_records set recovered_by_run_id = {run_id}
from recovered
where
    quarantined_records.file_id = recovered.file_id
    and quarantined_records.record_number = recovered.record_number;
