-- Adds properties of events that are new or have another version.
insert into public.event_properties ({event_properties_columns})
select {properties_as_staged}
from {staging}.event_properties as staged
on conflict (event_id) do nothing;
