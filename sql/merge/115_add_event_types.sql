-- Types that nobody has sent before, and those that the catalogue has got since the last run.
insert into public.event_types ({event_types_columns})
select {event_types_columns}
from {staging}.event_types
on conflict (event_type) do nothing;
