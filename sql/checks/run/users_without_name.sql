-- severity: warn
-- One row when more than a fifth of the users who acted in this run, and at least ten, have no name, though
-- others have one: a producer may have renamed the field. Silent where no record ever states a name.
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
