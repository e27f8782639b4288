-- Events of which a version stands in a reading that a full refresh can't read again and keeps: the file is
-- gone, or holds something else now.
insert into {staging}.closing_events (event_id)
with places as (
    select places.file_id
    from ops.ingested_files as places
    inner join ops.ingested_files as holders
        on coalesce(places.read_again_as, places.file_id) = holders.file_id
    left join {staging}.closing_readings on holders.file_id = closing_readings.file_id
    where not coalesce(closing_readings.is_dropped, false)
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
