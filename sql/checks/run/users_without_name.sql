-- severity: warn
-- One row if more than a fifth of the users who acted in this run, and at least ten, have no name. A producer
-- may have renamed the field. There is no row if no user at all has a name.
with acting_users as (
    select users.name
    from public.users
    where users.user_id in (
        select run_events.user_id from {run_events} as run_events
        where run_events.run_id = {run_id}
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
