-- Types that are published already are not new.
delete from {staging}.new_event_types using public.event_types
where new_event_types.event_type = event_types.event_type;
