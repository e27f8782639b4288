-- The days of the log. Queries join them, so that none computes days, weeks and months by itself. One row per
-- business day, from the first with an event to the latest, without a gap.

-- The earliest event has the first business day, in every time zone. The first UTC day contains that event.
create or replace function metrics.first_business_day()
returns date
language sql stable parallel safe
as $$
    select metrics.business_day(event_at, event_date)
    from public.events
    order by event_date, event_at
    limit 1
$$;

comment on function metrics.first_business_day() is
'The first business day with an event; null in an empty database.';

-- The latest event has the last business day, in every time zone. The last UTC day contains that event.
create or replace function metrics.latest_business_day()
returns date
language sql stable parallel safe
as $$
    select metrics.business_day(event_at, event_date)
    from public.events
    order by event_date desc, event_at desc
    limit 1
$$;

comment on function metrics.latest_business_day() is
'The latest business day with an event; null in an empty database.';

-- materialized, so that PostgreSQL looks for the two days once.
create or replace view metrics.calendar as
with borders as materialized (
    select
        metrics.first_business_day() as first_day,
        metrics.latest_business_day() as latest_day
),

days as (
    select borders.first_day + offsets.days_on as activity_date
    from borders
    cross join lateral generate_series(0, borders.latest_day - borders.first_day) as offsets (days_on)
)

select
    activity_date,
    metrics.business_day_start(activity_date) as starts_at,
    metrics.business_day_start(activity_date + 1) as ends_at,
    date_trunc('week', activity_date::timestamp)::date as week_start,
    date_trunc('month', activity_date::timestamp)::date as month_start,
    to_char(activity_date, 'FMDay') as day_of_week,
    extract(isodow from activity_date) >= 6 as is_weekend
from days
order by activity_date;

comment on view metrics.calendar is
'The days of the log; one row per business day, from the first with an event to the latest. Days without '
'events have a row too. No row in an empty database.';
comment on column metrics.calendar.activity_date is 'Day in the business time zone.';
comment on column metrics.calendar.starts_at is 'The instant at which the day begins.';
comment on column metrics.calendar.ends_at is
'The instant at which the next day begins: an event of the day has starts_at <= event_at < ends_at.';
comment on column metrics.calendar.week_start is 'Monday of the ISO week of the day.';
comment on column metrics.calendar.month_start is 'First day of the month of the day.';
comment on column metrics.calendar.day_of_week is
'English name of the weekday of the day, Monday to Sunday; that of public.events is of the UTC day.';
comment on column metrics.calendar.is_weekend is 'Whether the day is a Saturday or a Sunday.';
