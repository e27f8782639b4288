-- severity: warn
-- One row if more than a fifth of the users who acted, and at least ten, have no name. A producer may have
-- renamed the field. There is no row if no user at all has a name.
with acting_users as (
    select users.name
    from public.users
    where exists (
        select from public.events
        where events.user_id = users.user_id
    )
)

select
    count(*) as acting_users,
    count(*) filter (where name is null) as users_without_name
from acting_users
having
    count(*) filter (where name is null) >= 10
    and count(*) filter (where name is null) > 0.2 * count(*)
    and exists (
        select from public.users
        where users.name is not null
    );
