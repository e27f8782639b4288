-- One row per version of these events: whether any reading holds it, and whether a current one does, after
-- this run has closed its readings. The new records of this run do not count here.
insert into {staging}.holdings (event_id, content_fingerprint, is_current, is_held)
with places as (
    select
        events.event_id,
        events.content_fingerprint,
        events.file_id
    from {staging}.closing_events
    inner join public.events on closing_events.event_id = events.event_id
    union all
    select
        superseded_records.event_id,
        superseded_records.content_fingerprint,
        superseded_records.file_id
    from {staging}.closing_events
    inner join ops.superseded_records on closing_events.event_id = superseded_records.event_id
    union all
    select
        duplicate_records.event_id,
        duplicate_records.content_fingerprint,
        duplicate_records.file_id
    from {staging}.closing_events
    inner join ops.duplicate_records on closing_events.event_id = duplicate_records.event_id
)

select
    places.event_id,
    places.content_fingerprint,
    bool_or(holders.is_current and closing_readings.file_id is null) as is_current,
    bool_or(not coalesce(closing_readings.is_dropped, false)) as is_held
from places
inner join ops.ingested_files as readings on places.file_id = readings.file_id
inner join ops.ingested_files as holders
    on coalesce(readings.read_again_as, readings.file_id) = holders.file_id
left join {staging}.closing_readings on holders.file_id = closing_readings.file_id
group by places.event_id, places.content_fingerprint;
