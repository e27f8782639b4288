-- Events of which a version stands in a reading that this run closes, also where it closes one that had read
-- the same content again.
insert into {staging}.closing_events (event_id)
with places as (
    select ingested_files.file_id
    from {staging}.closing_readings
    inner join ops.ingested_files
        on
            closing_readings.file_id = ingested_files.file_id
            or closing_readings.file_id = ingested_files.read_again_as
)

select events.event_id
from places
inner join public.events on places.file_id = events.file_id
union
select superseded_records.event_id
from places
inner join ops.superseded_records on places.file_id = superseded_records.file_id
union
select duplicate_records.event_id
from places
inner join ops.duplicate_records on places.file_id = duplicate_records.file_id;
