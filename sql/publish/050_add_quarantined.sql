-- Quarantined and superseded records. A full refresh finds every superseded record again, an erasure those of
-- the events that it loads again; a replay marks what it recovered.
insert into ops.quarantined_records ({quarantined_records_columns})
select {quarantined_records_columns}
from {staging}.quarantined_records;

update ops.quarantined_records set recovered_by_run_id = {run_id}
from {staging}.recovered_records
inner join {staging}.file_counts on recovered_records.file_id = file_counts.file_id
where
    quarantined_records.file_id = file_counts.original_file_id
    and quarantined_records.record_number = recovered_records.record_number;

delete from ops.superseded_records
using ops.pipeline_runs
where
    pipeline_runs.run_id = {run_id}
    and (
        pipeline_runs.kind = 'full_refresh'
        or (
            pipeline_runs.kind = 'erase'
            and superseded_records.event_id in (select event_id from {staging}.arriving_events)
        )
    );

insert into ops.superseded_records ({superseded_records_columns})
select {superseded_records_columns}
from {staging}.superseded_records;
