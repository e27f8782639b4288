-- Changes types whose entry in the catalogue has changed since the last run, or was removed.
with found as (
    select
        event_types.event_type,
        staged.description,
        coalesce(staged.is_known, false) as is_known,
        coalesce(staged.requires_document, false) as requires_document
    from public.event_types
    left join {staging}.event_types as staged on event_types.event_type = staged.event_type
)

update public.event_types set
    description = found.description,
    is_known = found.is_known,
    requires_document = found.requires_document
from found
where
    event_types.event_type = found.event_type
    and (event_types.description, event_types.is_known, event_types.requires_document)
    is distinct from (found.description, found.is_known, found.requires_document);
