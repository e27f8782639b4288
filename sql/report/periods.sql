-- The headline numbers. Two rows: the last 30 days, and the 30 days before them. The earlier period begins
-- with its first day that has events. The numbers are averages per day, so that periods of different length
-- can be compared. No row without events.
with current_period as (
    select
        min(activity_date) as first_day,
        max(activity_date) as last_day
    from metrics.daily_active_users
    having count(*) > 0
),

earlier_days as (
    select
        current_period.first_day,
        metrics.business_day(events.event_at, events.event_date) as activity_date
    from current_period
    inner join public.events
        on events.event_date between current_period.first_day - 31 and current_period.first_day
),

previous_period as (
    select
        min(activity_date) as first_day,
        first_day - 1 as last_day
    from earlier_days
    where activity_date between first_day - 30 and first_day - 1
    group by first_day
),

periods as (
    select
        'current' as period,
        first_day,
        last_day
    from current_period
    union all
    select
        'previous' as period,
        first_day,
        last_day
    from previous_period
),

active_users as (
    select
        periods.period,
        avg(daily.active_users) as daily_active_users
    from periods
    cross join lateral metrics.daily_active_users_as_of(periods.last_day) as daily
    where periods.first_day <= daily.activity_date
    group by periods.period
),

event_counts as (
    select
        periods.period,
        count(*) as events,
        count(*) filter (where events.event_type = 'document_edit') as edits,
        count(*) filter (where events.event_type = 'document_shared') as shares
    from periods
    inner join public.events
        on
            events.event_date between periods.first_day - 1 and periods.last_day + 1
            and metrics.business_day(events.event_at, events.event_date)
            between periods.first_day and periods.last_day
    group by periods.period
),

session_counts as (
    select
        periods.period,
        count(*) as sessions,
        avg(sessions.session_duration_seconds) as average_session_seconds
    from periods
    inner join public.sessions
        on
            sessions.started_at >= metrics.business_day_start(periods.first_day)
            and sessions.started_at < metrics.business_day_start(periods.last_day + 1)
    group by periods.period
)

select
    periods.period,
    periods.first_day,
    periods.last_day,
    periods.last_day - periods.first_day + 1 as days,
    metrics.business_time_zone() as time_zone,
    round(active_users.daily_active_users, 1) as daily_active_users,
    round(event_counts.events::numeric / (periods.last_day - periods.first_day + 1), 1) as events_per_day,
    round(event_counts.edits::numeric / (periods.last_day - periods.first_day + 1), 1) as edits_per_day,
    round(event_counts.shares::numeric / (periods.last_day - periods.first_day + 1), 1) as shares_per_day,
    round(coalesce(session_counts.sessions, 0)::numeric / (periods.last_day - periods.first_day + 1), 1)
        as sessions_per_day,
    round(session_counts.average_session_seconds, 1) as average_session_seconds
from periods
inner join active_users on periods.period = active_users.period
inner join event_counts on periods.period = event_counts.period
left join session_counts on periods.period = session_counts.period
order by periods.period collate "C";
