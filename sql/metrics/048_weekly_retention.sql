-- How many people come back. One row per cohort (the people who first acted in one week) and week since then,
-- up to the week of the latest day; zero-filled. Weeks are those of metrics.calendar: Monday to Sunday, in
-- the business time zone.
create or replace view metrics.weekly_retention as
with weeks as (
    select distinct week_start
    from metrics.calendar
),

user_days as (
    select
        user_id,
        metrics.business_day(event_at, event_date) as activity_date
    from public.events
    group by user_id, metrics.business_day(event_at, event_date)
),

user_weeks as (
    select distinct
        user_days.user_id,
        calendar.week_start
    from user_days
    inner join metrics.calendar on user_days.activity_date = calendar.activity_date
),

cohorts as (
    select
        user_id,
        min(week_start) as cohort_week
    from user_weeks
    group by user_id
),

sizes as (
    select
        cohort_week,
        count(*) as cohort_size
    from cohorts
    group by cohort_week
),

returns as (
    select
        cohorts.cohort_week,
        user_weeks.week_start,
        count(*) as returned_users
    from cohorts
    inner join user_weeks on cohorts.user_id = user_weeks.user_id
    group by cohorts.cohort_week, user_weeks.week_start
)

select
    sizes.cohort_week,
    (weeks.week_start - sizes.cohort_week) / 7 as weeks_since_first,
    sizes.cohort_size,
    coalesce(returns.returned_users, 0) as returned_users,
    round(coalesce(returns.returned_users, 0)::numeric / sizes.cohort_size, 4) as retention
from sizes
inner join weeks on sizes.cohort_week <= weeks.week_start
left join returns on sizes.cohort_week = returns.cohort_week and weeks.week_start = returns.week_start
order by sizes.cohort_week, weeks.week_start;

comment on view metrics.weekly_retention is
'Of the people who first acted in a week, those who acted in that week and in each week since; one row per '
'cohort and week up to that of the latest day, zero-filled. The latest week may not be over.';
comment on column metrics.weekly_retention.cohort_week is
'Monday of the week, in the business time zone, in which the people of the cohort first acted.';
comment on column metrics.weekly_retention.weeks_since_first is
'Number of weeks after that week; 0 is the week itself.';
comment on column metrics.weekly_retention.cohort_size is 'People whose first event lies in cohort_week.';
comment on column metrics.weekly_retention.returned_users is
'Those of them with an event in that later week, whether or not they acted in the weeks between.';
comment on column metrics.weekly_retention.retention is
'returned_users / cohort_size, to 4 decimals; 1 in week 0.';
