-- The daily numbers of the published days that this run touches, as they are before it; one row per day. A
-- day is published once a run that began after its end has succeeded and had events of it or of a later day:
-- what is not over yet, or new, is not restated. Run before anything is changed.
create table {staging}.restated_days as
with published_days as (
    select
        min(events.event_date) as first_date,
        least(
            max(events.event_date),
            (
                select (max(pipeline_runs.started_at) at time zone 'UTC')::date - 1
                from ops.pipeline_runs
                where pipeline_runs.status = 'succeeded'
            )
        ) as last_date
    from public.events
    -- As in the daily active users: what is dated after tomorrow is a wrong clock.
    where events.event_date <= (now() at time zone 'UTC')::date + 1
),

touched_dates as (
    select event_date
    from {staging}.events
    union
    select event_date
    from {staging}.touched_events
)

select touched_dates.event_date as activity_date
from touched_dates
inner join published_days
    on touched_dates.event_date between published_days.first_date and published_days.last_date;

analyze {staging}.restated_days;

-- The numbers as they are at the moment of asking: once before the merge and once after it.
create view {staging}.daily_numbers as
with touched_days as (
    select
        restated_days.activity_date,
        events.event_at,
        events.event_type,
        events.user_id,
        events.session_id
    from {staging}.restated_days
    inner join public.events on restated_days.activity_date = events.event_date
),

active_users as (
    select
        activity_date,
        count(*) as user_count,
        sum(event_count) as event_count,
        sum(edit_count) as edit_count,
        sum(share_count) as share_count
    from (
        select
            activity_date,
            user_id,
            count(*) as event_count,
            count(*) filter (where event_type = 'document_edit') as edit_count,
            count(*) filter (where event_type = 'document_shared') as share_count
        from touched_days
        group by activity_date, user_id
    ) as user_days
    group by activity_date
),

-- By way of their first events: no index leads from a day to its sessions.
started_sessions as (
    select
        touched_days.activity_date,
        count(distinct touched_days.session_id) as session_count
    from touched_days
    inner join public.sessions
        on touched_days.session_id = sessions.session_id and touched_days.event_at = sessions.started_at
    group by touched_days.activity_date
)

select
    restated_days.activity_date,
    numbers.metric,
    coalesce(numbers.value, 0)::bigint as value
from {staging}.restated_days
left join active_users on restated_days.activity_date = active_users.activity_date
left join started_sessions on restated_days.activity_date = started_sessions.activity_date
cross join lateral (
    values
    ('daily_active_users', active_users.user_count),
    ('events', active_users.event_count),
    ('edits', active_users.edit_count),
    ('shares', active_users.share_count),
    ('sessions', started_sessions.session_count)
) as numbers (metric, value);

create table {staging}.daily_numbers_before as
select
    activity_date,
    metric,
    value
from {staging}.daily_numbers;
