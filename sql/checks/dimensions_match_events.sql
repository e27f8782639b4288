-- severity: error
-- One row per user or document that does not agree with the events, stored and expected side by side. Also
-- one row per event type that has no event and is not in the catalogue.
-- The latest value of a column is that of the latest event which states one, by (event_at, event_id) in byte
-- order. Each value is a short read of an index. No user or document can be missing, because of foreign keys.
with expected_users as (
    select
        users.user_id,
        named.reported_user_name as name,
        mailed.reported_user_email as email,
        least(acts.first_at, receipts.first_at) as first_seen_at,
        greatest(acts.last_at, receipts.last_at) as last_seen_at
    from public.users
    cross join
        lateral (
            select
                min(events.event_at) as first_at,
                max(events.event_at) as last_at
            from public.events
            where events.user_id = users.user_id
        ) as acts
    cross join
        lateral (
            select
                min(share_recipients.shared_at) as first_at,
                max(share_recipients.shared_at) as last_at
            from public.share_recipients
            where share_recipients.user_id = users.user_id
        ) as receipts
    left join lateral (
        select events.reported_user_name
        from public.events
        where events.user_id = users.user_id and events.reported_user_name is not null
        order by events.event_at desc, events.event_id desc
        limit 1
    ) as named on true
    left join lateral (
        select events.reported_user_email
        from public.events
        where events.user_id = users.user_id and events.reported_user_email is not null
        order by events.event_at desc, events.event_id desc
        limit 1
    ) as mailed on true
),

expected_documents as (
    select
        documents.document_id,
        titled.reported_document_title as title,
        first_mention.event_at as first_seen_at,
        first_mention.user_id as first_seen_by,
        last_edit.user_id as last_edited_by,
        last_edit.event_at as last_edited_at,
        counted.document_word_count as word_count
    from public.documents
    left join lateral (
        select
            events.event_at,
            events.user_id
        from public.events
        where events.document_id = documents.document_id
        order by events.event_at, events.event_id
        limit 1
    ) as first_mention on true
    left join lateral (
        select events.reported_document_title
        from public.events
        where events.document_id = documents.document_id and events.reported_document_title is not null
        order by events.event_at desc, events.event_id desc
        limit 1
    ) as titled on true
    left join lateral (
        select
            events.event_at,
            events.user_id
        from public.events
        where events.document_id = documents.document_id and events.event_type = 'document_edit'
        order by events.event_date desc, events.event_at desc, events.event_id desc
        limit 1
    ) as last_edit on true
    left join lateral (
        select events.document_word_count
        from public.events
        where
            events.document_id = documents.document_id
            and events.event_type = 'document_edit'
            and events.document_word_count is not null
        order by events.event_date desc, events.event_at desc, events.event_id desc
        limit 1
    ) as counted on true
),

compared as (
    select
        'users' as table_name,
        users.user_id as id,
        to_jsonb(users) as stored,
        to_jsonb(expected_users) as expected
    from public.users
    inner join expected_users on users.user_id = expected_users.user_id
    union all
    select
        'documents' as table_name,
        documents.document_id as id,
        to_jsonb(documents) as stored,
        to_jsonb(expected_documents) as expected
    from public.documents
    inner join expected_documents on documents.document_id = expected_documents.document_id
    union all
    select
        'event_types' as table_name,
        event_types.event_type as id,
        to_jsonb(event_types) as stored,
        null as expected
    from public.event_types
    where
        not event_types.is_known
        and not exists (
            select from public.events
            where events.event_type = event_types.event_type
        )
)

select
    table_name,
    id,
    stored,
    expected
from compared
where stored is distinct from expected
order by table_name collate "C", id collate "C";
