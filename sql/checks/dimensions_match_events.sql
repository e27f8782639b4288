-- One row per user or document that is not what the events say: stored and expected side by side.
-- "Latest" is by (event_at, event_id), bytewise, for each column over the events that state it.
with sightings as (
    select
        user_id,
        event_at,
        event_id,
        reported_user_name as name,
        reported_user_email as email
    from public.events
    union all
    select
        shared_with_user_id as user_id,
        event_at,
        event_id,
        null as name,
        null as email
    from public.events
    where shared_with_user_id is not null
),

expected_users as (
    select
        user_id,
        (
            array_agg(name order by event_at desc, event_id collate "C" desc)
            filter (where name is not null)
        )[1] as name,
        (
            array_agg(email order by event_at desc, event_id collate "C" desc)
            filter (where email is not null)
        )[1] as email,
        min(event_at) as first_seen_at,
        max(event_at) as last_seen_at
    from sightings
    group by user_id
),

mentions as (
    select
        document_id,
        event_at,
        event_id,
        user_id,
        reported_document_title,
        event_type = 'document_edit' as is_edit,
        case when event_type = 'document_edit' then document_word_count end as word_count
    from public.events
    where document_id is not null
),

expected_documents as (
    select
        document_id,
        (
            array_agg(reported_document_title order by event_at desc, event_id collate "C" desc)
            filter (where reported_document_title is not null)
        )[1] as title,
        min(event_at) as first_seen_at,
        (array_agg(user_id order by event_at, event_id collate "C"))[1] as first_seen_by,
        (array_agg(user_id order by event_at desc, event_id collate "C" desc) filter (where is_edit))[1]
            as last_edited_by,
        max(event_at) filter (where is_edit) as last_edited_at,
        (
            array_agg(word_count order by event_at desc, event_id collate "C" desc)
            filter (where word_count is not null)
        )[1] as word_count
    from mentions
    group by document_id
),

compared as (
    select
        'users' as table_name,
        coalesce(users.user_id, expected_users.user_id) as id,
        to_jsonb(users) as stored,
        to_jsonb(expected_users) as expected
    from public.users
    full join expected_users on users.user_id = expected_users.user_id
    union all
    select
        'documents' as table_name,
        coalesce(documents.document_id, expected_documents.document_id) as id,
        to_jsonb(documents) as stored,
        to_jsonb(expected_documents) as expected
    from public.documents
    full join expected_documents on documents.document_id = expected_documents.document_id
)

select
    table_name,
    id,
    stored,
    expected
from compared
where stored is distinct from expected
order by table_name, id collate "C";
