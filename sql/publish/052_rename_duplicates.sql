-- An erasure gives other fingerprints to the versions that name the person; where else these stand follows. A
-- version keeps its first place, by which it is found again.
with versions as (
    select
        event_id,
        content_fingerprint,
        file_id,
        record_number
    from {staging}.events
    union all
    select
        event_id,
        content_fingerprint,
        file_id,
        record_number
    from {staging}.superseded_records
)

update ops.duplicate_records set content_fingerprint = versions.content_fingerprint
from versions
inner join {staging}.history
    on versions.file_id = history.file_id and versions.record_number = history.record_number
inner join ops.pipeline_runs on pipeline_runs.run_id = {run_id} and pipeline_runs.kind = 'erase'
where
    duplicate_records.event_id = history.event_id
    and duplicate_records.content_fingerprint = history.content_fingerprint
    and versions.content_fingerprint <> history.content_fingerprint;
