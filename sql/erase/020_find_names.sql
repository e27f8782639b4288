-- One row per name or address that the person's own events, published or superseded, state.
with records as (
    select
        reported_user_name,
        reported_user_email
    from public.events
    where user_id = {user_id}
    union all
    select
        reported_user_name,
        reported_user_email
    from ops.superseded_records
    where user_id = {user_id}
)

select reported_user_name
from records
where reported_user_name is not null
union
select reported_user_email
from records
where reported_user_email is not null;
