-- Changes affected documents. They are computed again from all their events, each value by one short read of
-- an index. The index of edits is sorted by date and then time, which is the same order as by time.
with found as (
    select
        affected_documents.document_id,
        titled.reported_document_title as title,
        first_mention.event_at as first_seen_at,
        first_mention.user_id as first_seen_by,
        last_edit.user_id as last_edited_by,
        last_edit.event_at as last_edited_at,
        counted.document_word_count as word_count
    from {staging}.affected_documents
    inner join lateral (
        select
            events.event_at,
            events.user_id
        from public.events
        where events.document_id = affected_documents.document_id
        order by events.event_at, events.event_id
        limit 1
    ) as first_mention on true
    left join lateral (
        select events.reported_document_title
        from public.events
        where
            events.document_id = affected_documents.document_id and events.reported_document_title is not null
        order by events.event_at desc, events.event_id desc
        limit 1
    ) as titled on true
    left join lateral (
        select
            events.event_at,
            events.user_id
        from public.events
        where events.document_id = affected_documents.document_id and events.event_type = 'document_edit'
        order by events.event_date desc, events.event_at desc, events.event_id desc
        limit 1
    ) as last_edit on true
    left join lateral (
        select events.document_word_count
        from public.events
        where
            events.document_id = affected_documents.document_id
            and events.event_type = 'document_edit'
            and events.document_word_count is not null
        order by events.event_date desc, events.event_at desc, events.event_id desc
        limit 1
    ) as counted on true
)

update public.documents set {documents_changes}
from found
where
    documents.document_id = found.document_id
    and ({documents_as_published}) is distinct from ({documents_as_found});
