-- Who shares with the most people. Up to ten rows, one per user; ties are broken by user_id. Two people are
-- connected when one of them has shared a document with the other. A share by link names nobody, so it
-- connects nobody.
create or replace view metrics.most_connected_users as
with shares as (
    select distinct
        events.user_id,
        share_recipients.user_id as recipient_id
    from public.events
    inner join public.share_recipients on events.event_id = share_recipients.event_id
    where events.event_type = 'document_shared' and share_recipients.user_id <> events.user_id
),

connections as (
    select
        user_id,
        recipient_id as connected_user_id,
        1 as gave,
        0 as received
    from shares
    union all
    select
        recipient_id as user_id,
        user_id as connected_user_id,
        0 as gave,
        1 as received
    from shares
),

ranked as (
    select
        user_id,
        count(distinct connected_user_id) as connected_users,
        sum(gave) as recipients,
        sum(received) as senders,
        row_number() over (order by count(distinct connected_user_id) desc, user_id collate "C") as rank
    from connections
    group by user_id
    order by rank
    limit 10
)

select
    ranked.rank,
    ranked.user_id,
    users.name as user_name,
    ranked.connected_users,
    ranked.recipients,
    ranked.senders
from ranked
inner join public.users on ranked.user_id = users.user_id
order by ranked.rank;

comment on view metrics.most_connected_users is
'The people with most connections in the share graph, up to ten rows; ties by user_id bytewise.';
comment on column metrics.most_connected_users.rank is '1 has the most connections.';
comment on column metrics.most_connected_users.user_id is 'The user.';
comment on column metrics.most_connected_users.user_name is 'Latest known name.';
comment on column metrics.most_connected_users.connected_users is
'Distinct other people whom the user shared with or received from.';
comment on column metrics.most_connected_users.recipients is
'Distinct other people whom the user shared with.';
comment on column metrics.most_connected_users.senders is
'Distinct other people who shared with the user.';
