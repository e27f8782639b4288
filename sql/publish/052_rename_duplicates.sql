-- An erasure changes the fingerprints of versions that name the person. So the fingerprints of their
-- duplicates must change too. The place of a version's first record stays the same, and by it the new
-- fingerprint is found.
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
