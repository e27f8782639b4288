-- The events that have a version in one of these readings.
insert into {staging}.closing_events (event_id)
select events.event_id
from {staging}.searched_readings
inner join public.events on searched_readings.file_id = events.file_id
union
select superseded_records.event_id
from {staging}.searched_readings
inner join ops.superseded_records on searched_readings.file_id = superseded_records.file_id
union
select duplicate_records.event_id
from {staging}.searched_readings
inner join ops.duplicate_records on searched_readings.file_id = duplicate_records.file_id;
