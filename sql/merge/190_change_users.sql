-- Changes affected users. They are computed again from all their events, each value by one short read of an
-- index.
with found as (
    select
        affected_users.user_id,
        named.reported_user_name as name,
        mailed.reported_user_email as email,
        least(first_act.event_at, first_receipt.event_at) as first_seen_at,
        greatest(last_act.event_at, last_receipt.event_at) as last_seen_at
    from {staging}.affected_users
    left join lateral (
        select events.reported_user_name
        from public.events
        where events.user_id = affected_users.user_id and events.reported_user_name is not null
        order by events.event_at desc, events.event_id desc
        limit 1
    ) as named on true
    left join lateral (
        select events.reported_user_email
        from public.events
        where events.user_id = affected_users.user_id and events.reported_user_email is not null
        order by events.event_at desc, events.event_id desc
        limit 1
    ) as mailed on true
    left join lateral (
        select events.event_at
        from public.events
        where events.user_id = affected_users.user_id
        order by events.event_at
        limit 1
    ) as first_act on true
    left join lateral (
        select events.event_at
        from public.events
        where events.user_id = affected_users.user_id
        order by events.event_at desc
        limit 1
    ) as last_act on true
    left join lateral (
        select share_recipients.shared_at as event_at
        from public.share_recipients
        where share_recipients.user_id = affected_users.user_id
        order by share_recipients.shared_at
        limit 1
    ) as first_receipt on true
    left join lateral (
        select share_recipients.shared_at as event_at
        from public.share_recipients
        where share_recipients.user_id = affected_users.user_id
        order by share_recipients.shared_at desc
        limit 1
    ) as last_receipt on true
)

update public.users set {users_changes}
from found
where
    users.user_id = found.user_id
    and found.first_seen_at is not null
    and ({users_as_published}) is distinct from ({users_as_found});
