-- Affected users whom no event names any more, acting or receiving.
delete from public.users using {staging}.affected_users
where
    users.user_id = affected_users.user_id
    and not exists (
        select from public.events
        where events.user_id = users.user_id
    )
    and not exists (
        select from public.share_recipients
        where share_recipients.user_id = users.user_id
    );
