-- severity: error
-- One row per published or superseded record whose `is_current` does not agree with the ledger. A record is
-- current if a current reading holds it, or holds an exact duplicate of it. Earlier versions did not keep the
-- places of duplicates, so records that they loaded are left out.
with versions as (
    select
        event_id,
        content_fingerprint,
        file_id,
        is_current
    from public.events
    union all
    select
        event_id,
        content_fingerprint,
        file_id,
        is_current
    from ops.superseded_records
),

places as (
    select
        event_id,
        content_fingerprint,
        file_id
    from versions
    union all
    select
        event_id,
        content_fingerprint,
        file_id
    from ops.duplicate_records
),

holdings as (
    select
        places.event_id,
        places.content_fingerprint,
        bool_or(holders.is_current) as is_current,
        min(pipeline_runs.identity_version) as identity_version
    from places
    inner join ops.ingested_files as readings on places.file_id = readings.file_id
    inner join ops.pipeline_runs on readings.run_id = pipeline_runs.run_id
    inner join ops.ingested_files as holders
        on coalesce(readings.read_again_as, readings.file_id) = holders.file_id
    group by places.event_id, places.content_fingerprint
)

select
    versions.event_id,
    versions.content_fingerprint,
    versions.is_current,
    holdings.is_current as is_held_by_current_reading
from versions
inner join holdings
    on
        versions.event_id = holdings.event_id
        and versions.content_fingerprint = holdings.content_fingerprint
where versions.is_current <> holdings.is_current and holdings.identity_version > 1
order by versions.event_id collate "C" asc, versions.content_fingerprint asc;
