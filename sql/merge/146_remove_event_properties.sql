-- Removes properties whose event is removed, or whose event no longer has exactly these.
delete from public.event_properties using {staging}.affected_events
where
    event_properties.event_id = affected_events.event_id
    and not exists (
        select from {staging}.event_properties as staged
        where staged.event_id = event_properties.event_id and staged.properties = event_properties.properties
    );
