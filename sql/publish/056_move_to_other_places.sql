-- A version keeps the place of its first record. But this run may have read that content again and found
-- another record there, as after a change of the mapping. Then the first of the version's duplicates becomes
-- its place.
create table {staging}.moved_versions as
with versions as (
    select
        event_id,
        content_fingerprint,
        file_id,
        record_number
    from {staging}.events
    where run_id <> {run_id}
    union all
    select
        event_id,
        content_fingerprint,
        file_id,
        record_number
    from {staging}.superseded_records
    where run_id <> {run_id}
)

select distinct on (versions.event_id, versions.content_fingerprint)
    versions.event_id,
    versions.content_fingerprint,
    duplicate_records.file_id,
    duplicate_records.record_number,
    new_readings.run_id
from versions
inner join ops.ingested_files as old_readings on versions.file_id = old_readings.file_id
inner join ops.ingested_files as holders
    on old_readings.read_again_as = holders.file_id and holders.run_id = {run_id}
inner join ops.duplicate_records
    on
        versions.event_id = duplicate_records.event_id
        and versions.content_fingerprint = duplicate_records.content_fingerprint
inner join ops.ingested_files as new_readings on duplicate_records.file_id = new_readings.file_id
where
    not exists (
        select from {staging}.duplicate_records as confirmed
        where
            confirmed.event_id = versions.event_id
            and confirmed.content_fingerprint = versions.content_fingerprint
            and confirmed.file_id = holders.file_id
            and confirmed.record_number = versions.record_number
    )
order by
    versions.event_id,
    versions.content_fingerprint,
    duplicate_records.file_id,
    duplicate_records.record_number;

update {staging}.events set
    file_id = moved_versions.file_id,
    record_number = moved_versions.record_number,
    run_id = moved_versions.run_id
from {staging}.moved_versions
where
    events.event_id = moved_versions.event_id
    and events.content_fingerprint = moved_versions.content_fingerprint;

update {staging}.superseded_records set
    file_id = moved_versions.file_id,
    record_number = moved_versions.record_number,
    run_id = moved_versions.run_id
from {staging}.moved_versions
where
    superseded_records.event_id = moved_versions.event_id
    and superseded_records.content_fingerprint = moved_versions.content_fingerprint;

delete from ops.duplicate_records
using {staging}.moved_versions
where
    duplicate_records.file_id = moved_versions.file_id
    and duplicate_records.record_number = moved_versions.record_number;
