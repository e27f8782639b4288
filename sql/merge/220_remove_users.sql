-- Touched users whom no event names any more, acting or receiving.
delete from public.users using {staging}.touched_users
where
    users.user_id = touched_users.user_id
    and not exists (
        select from public.events
        where events.user_id = users.user_id
    )
    and not exists (
        select from public.events
        where events.shared_with_user_id = users.user_id
    );
