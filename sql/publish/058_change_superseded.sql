-- Replaces the superseded records of the events that arrived, because all their versions have been ranked
-- again. A full refresh has ranked the versions of all events again.
delete from ops.superseded_records
using ops.pipeline_runs
where
    pipeline_runs.run_id = {run_id}
    and (
        pipeline_runs.kind = 'full_refresh'
        or superseded_records.event_id in (select arriving_events.event_id from {staging}.arriving_events)
    );

insert into ops.superseded_records ({superseded_records_columns})
select {superseded_records_columns}
from {staging}.superseded_records;
