-- Types that the catalogue does not know and that no event has any more. Only types of events that were
-- removed or replaced are looked at, each by one short read of an index that holds unknown types alone: the
-- list of known ones is repeated so that PostgreSQL may use it.
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
