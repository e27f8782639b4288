-- How many people acted on each day. A user is active by acting; receiving a share does not count.

-- One row per day: the 30 days that end at as_of, zero-filled. No row when as_of is null.
create or replace function metrics.daily_active_users_as_of(as_of date)
returns table (activity_date date, active_users bigint)
language sql stable parallel safe
as $$
    with days as (
        select as_of - days_back as activity_date
        from generate_series(29, 0, -1) as offsets (days_back)
        where as_of is not null
    ),

    -- We group first and count afterwards, which PostgreSQL does by hashing. count(distinct) would sort all
    -- events.
    active as (
        select metrics.business_day(event_at, event_date) as activity_date, user_id
        from public.events
        where metrics.business_day(event_at, event_date) between as_of - 29 and as_of
        group by metrics.business_day(event_at, event_date), user_id
    )

    select days.activity_date, count(active.user_id) as active_users
    from days
    left join active on days.activity_date = active.activity_date
    group by days.activity_date
    order by days.activity_date
$$;

comment on function metrics.daily_active_users_as_of(date) is
'People who acted on each of the 30 business days that end at the given date; one row per day, zero-filled.';

-- materialized, so that PostgreSQL looks for the day once and not for each row.
create or replace view metrics.daily_active_users as
with latest as materialized (
    select metrics.latest_business_day() as as_of
)

select
    daily.activity_date,
    daily.active_users
from latest
cross join lateral metrics.daily_active_users_as_of(latest.as_of) as daily;

comment on view metrics.daily_active_users is
'People who acted, per business day: 30 rows, zero-filled, ending at the latest day with an event; '
'metrics.daily_active_users_as_of(date) takes another end. No row in an empty database.';
comment on column metrics.daily_active_users.activity_date is 'Day in the business time zone.';
comment on column metrics.daily_active_users.active_users is
'Distinct users with at least one event that day.';
