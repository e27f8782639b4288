-- How many people acted on each day. Active means acted: the recipient of a share is not active by it.

-- One row per day: the 30 days that end at as_of, zero-filled. No row when as_of is null.
create or replace function metrics.daily_active_users_as_of(as_of date)
returns table (activity_date date, active_users bigint)
language sql stable
as $$
    with days as (
        select as_of - days_back as activity_date
        from generate_series(29, 0, -1) as offsets (days_back)
        where as_of is not null
    ),

    -- Grouping first and counting afterwards lets PostgreSQL hash; count(distinct) would sort every event.
    active as (
        select event_date, user_id
        from public.events
        where event_date between as_of - 29 and as_of
        group by event_date, user_id
    )

    select days.activity_date, count(active.user_id) as active_users
    from days
    left join active on days.activity_date = active.event_date
    group by days.activity_date
    order by days.activity_date
$$;

comment on function metrics.daily_active_users_as_of(date) is
'People who acted on each of the 30 UTC days that end at the given date; one row per day, zero-filled.';

-- An event dated after tomorrow UTC is an anomaly and must not move the window; tomorrow itself may be a
-- clock that runs a little fast.
create or replace view metrics.daily_active_users as
with latest as (
    select max(event_date) as as_of
    from public.events
    where event_date <= (now() at time zone 'UTC')::date + 1
)

select
    daily.activity_date,
    daily.active_users
from latest
cross join lateral metrics.daily_active_users_as_of(latest.as_of) as daily;

comment on view metrics.daily_active_users is
'People who acted, per UTC day: 30 rows, zero-filled, ending at the latest event date that is not after '
'tomorrow; metrics.daily_active_users_as_of(date) takes another end. No row in an empty database.';
comment on column metrics.daily_active_users.activity_date is 'UTC day.';
comment on column metrics.daily_active_users.active_users is
'Distinct users with at least one event that day.';
