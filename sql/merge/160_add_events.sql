-- Adds new events.
insert into public.events ({events_columns})
select {events_columns}
from {staging}.events
on conflict (event_id) do nothing;
