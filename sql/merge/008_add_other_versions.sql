-- When a reading is closed, another version of an event may be published. It may have another user or time.
-- So all versions of these events count as arriving.
insert into {staging}.arriving_events (event_id, user_id, event_at)
select
    events.event_id,
    events.user_id,
    events.event_at
from {staging}.closing_events
inner join public.events on closing_events.event_id = events.event_id
union all
select
    superseded_records.event_id,
    superseded_records.user_id,
    superseded_records.event_at
from {staging}.closing_events
inner join ops.superseded_records on closing_events.event_id = superseded_records.event_id;
