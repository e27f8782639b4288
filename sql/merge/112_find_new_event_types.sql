-- Removes the types that are published already from the list of new types.
delete from {staging}.new_event_types using public.event_types
where new_event_types.event_type = event_types.event_type;
