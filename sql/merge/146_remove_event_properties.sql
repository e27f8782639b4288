-- Properties of events that are no more, or whose staged versions have none or others.
delete from public.event_properties using {staging}.affected_events
where
    event_properties.event_id = affected_events.event_id
    and not exists (
        select from {staging}.event_properties as staged
        where staged.event_id = event_properties.event_id and staged.properties = event_properties.properties
    );
