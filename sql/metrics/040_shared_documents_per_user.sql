-- Who shares how much. One row per user, who is the one who shares. A share by link has no recipient, and
-- neither has a share with oneself.
create or replace view metrics.shared_documents_per_user as
with shares as (
    select
        user_id,
        count(distinct document_id) as shared_documents,
        count(*) as share_events
    from public.events
    where event_type = 'document_shared'
    group by user_id
),

received as (
    select
        events.user_id,
        count(distinct share_recipients.user_id) as recipients
    from public.events
    inner join public.share_recipients on events.event_id = share_recipients.event_id
    where events.event_type = 'document_shared' and share_recipients.user_id <> events.user_id
    group by events.user_id
)

select
    users.user_id,
    users.name as user_name,
    coalesce(shares.shared_documents, 0) as shared_documents,
    coalesce(shares.share_events, 0) as share_events,
    coalesce(received.recipients, 0) as recipients
from public.users
left join shares on users.user_id = shares.user_id
left join received on users.user_id = received.user_id;

comment on view metrics.shared_documents_per_user is
'What each user shared with others; one row per user, zeros for those who shared nothing.';
comment on column metrics.shared_documents_per_user.user_id is 'The user who shares.';
comment on column metrics.shared_documents_per_user.user_name is 'Latest known name.';
comment on column metrics.shared_documents_per_user.shared_documents is 'Distinct documents the user shared.';
comment on column metrics.shared_documents_per_user.share_events is 'Number of document_shared events.';
comment on column metrics.shared_documents_per_user.recipients is
'Distinct other people shared with; a share by link, or with oneself, has none.';
