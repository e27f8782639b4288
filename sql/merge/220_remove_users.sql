-- Removes affected users whom no event names any more, neither as user nor as recipient.
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
