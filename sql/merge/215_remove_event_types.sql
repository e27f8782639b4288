-- Removes types that are not in the catalogue and that no event has any more. Only affected types are looked
-- at, each by one short read of an index. That index leaves out the types of the catalogue. PostgreSQL can
-- use it only if the query has the same condition, so the list of these types is repeated here.
delete from public.event_types using {staging}.affected_event_types
where
    event_types.event_type = affected_event_types.event_type
    and not event_types.is_known
    and not exists (
        select from public.events
        where
            events.event_type = event_types.event_type
            and events.event_type not in ('user_login', 'document_edit', 'comment_added', 'document_shared')
    );
