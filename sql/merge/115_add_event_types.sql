-- Adds types that no event had before, and types that are new in the catalogue.
insert into public.event_types ({event_types_columns})
select {event_types_columns}
from {staging}.event_types
on conflict (event_type) do nothing;
