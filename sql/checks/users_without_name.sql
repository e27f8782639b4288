-- severity: warn
-- One row when more than a fifth of the users who acted, and at least ten, have no name, though others have
-- one: a producer may have renamed the field. Silent where no record ever states a name.
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
