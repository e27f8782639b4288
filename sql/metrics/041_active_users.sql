-- How many people acted within a day, a week and a month, and how often they come back. One row per
-- business day, for the 30 days of daily_active_users. Stickiness is daily divided by monthly active users.
create or replace view metrics.active_users as
with latest as materialized (
    select metrics.latest_business_day() as as_of
),

user_days as (
    select
        user_id,
        metrics.business_day(event_at, event_date) as activity_date
    from public.events
    where
        metrics.business_day(event_at, event_date)
        between (select latest.as_of - 58 from latest) and (select latest.as_of from latest)
    group by user_id, metrics.business_day(event_at, event_date)
),

-- Each active day of a user counts from that day until the user's next active day, at most for the length of
-- the window. So nobody counts twice in a window, and one pass counts all windows. For example, a user who
-- acts on the 1st and the 3rd is in the weeks that end on the 1st to the 2nd, and on the 3rd to the 9th.
returns as (
    select
        activity_date,
        least(30, lead(activity_date) over (partition by user_id order by activity_date) - activity_date)
            as days_counted
    from user_days
),

spans as (
    select
        activity_date,
        days_counted,
        count(*) as users
    from returns
    group by activity_date, days_counted
),

days as (
    select latest.as_of - offsets.days_back as activity_date
    from latest
    cross join generate_series(0, 29) as offsets (days_back)
    where latest.as_of is not null
),

counts as (
    select
        days.activity_date,
        coalesce(sum(spans.users) filter (where spans.activity_date = days.activity_date), 0) as daily,
        coalesce(
            sum(spans.users) filter (
                where days.activity_date < spans.activity_date + least(7, spans.days_counted)
            ),
            0
        ) as weekly,
        coalesce(
            sum(spans.users) filter (where days.activity_date < spans.activity_date + spans.days_counted),
            0
        ) as monthly
    from days
    left join spans on days.activity_date >= spans.activity_date
    group by days.activity_date
)

select
    activity_date,
    daily::bigint as daily_active_users,
    weekly::bigint as weekly_active_users,
    monthly::bigint as monthly_active_users,
    round(daily / nullif(monthly, 0), 4) as stickiness
from counts
order by activity_date;

comment on view metrics.active_users is
'People who acted within the day, week and month that end on each of the 30 days of daily_active_users; one '
'row per business day. At the beginning of a log the windows contain fewer days.';
comment on column metrics.active_users.activity_date is 'Day in the business time zone.';
comment on column metrics.active_users.daily_active_users is 'Distinct users with an event on that day.';
comment on column metrics.active_users.weekly_active_users is
'Distinct users with an event on that day or the 6 before.';
comment on column metrics.active_users.monthly_active_users is
'Distinct users with an event on that day or the 29 before.';
comment on column metrics.active_users.stickiness is
'daily_active_users / monthly_active_users, to 4 decimals; null where nobody was active in the month.';
