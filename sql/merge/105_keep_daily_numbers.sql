-- The daily numbers before the merge, for the published days that this run affects: one row per day and
-- metric. A day is published if it was over when the latest successful run began, and if the tables have
-- events of that day or later. The numbers of other days are new or not final, so a change of them is no
-- restatement. This is run before anything is changed.

-- This is metrics.business_day with the time zone of this run. The function itself is only made again after
-- the merge, and an older database may not have it. In UTC the business day is event_date.
create function {staging}.business_day(event_at timestamptz, event_date date)
returns date
language sql immutable
as $$
    select case {business_time_zone}
        when 'UTC' then event_date
        else (event_at at time zone {business_time_zone})::date
    end
$$;

-- A day of any time zone is within three dates in UTC. By these dates the index on event_date can be used.
create table {staging}.restated_days as
with affected_days as (
    select {staging}.business_day(event_at, event_date) as activity_date
    from {staging}.events
    union
    select {staging}.business_day(event_at, event_date) as activity_date
    from {staging}.affected_events
),

ends as (
    select {staging}.business_day(started_at, (started_at at time zone 'UTC')::date) as last_run_day
    from ops.pipeline_runs
    where status = 'succeeded'
    order by run_id desc
    limit 1
)

select affected_days.activity_date
from affected_days
inner join ends on affected_days.activity_date < ends.last_run_day
-- Each lateral query is in order and has a limit, so that it is one short read of the index.
cross join
    lateral (
        select events.event_date
        from public.events
        where
            events.event_date <= affected_days.activity_date + 1
            and {staging}.business_day(events.event_at, events.event_date) <= affected_days.activity_date
        order by events.event_date asc
        limit 1
    ) as earlier
cross join
    lateral (
        select events.event_date
        from public.events
        where
            events.event_date >= affected_days.activity_date - 1
            and {staging}.business_day(events.event_at, events.event_date) >= affected_days.activity_date
        order by events.event_date desc
        limit 1
    ) as later;

-- A run changes a day only through the users that it affects. So only these users are counted, before and
-- after the merge. All others are counted only on days whose numbers differ, because a day may have millions
-- of events.
create table {staging}.counted_users as
select user_id from {staging}.affected_users;

analyze {staging}.restated_days, {staging}.counted_users;

-- This view gives the numbers of these days and users at the time of the query.
create view {staging}.daily_numbers as
with affected_days as (
    select
        restated_days.activity_date,
        events.event_at,
        events.event_type,
        events.user_id,
        events.session_id
    from {staging}.restated_days
    cross join {staging}.counted_users
    inner join public.events
        on
            counted_users.user_id = events.user_id
            and restated_days.activity_date = {staging}.business_day(events.event_at, events.event_date)
            -- This condition lets the index be used. In UTC it is always true, and the condition above is
            -- enough.
            and (
                {business_time_zone} = 'UTC'
                or events.event_date
                between restated_days.activity_date - 1 and restated_days.activity_date + 1
            )
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
        from affected_days
        group by activity_date, user_id
    ) as user_days
    group by activity_date
),

-- Sessions are found by their first events, because no index leads from a day to its sessions.
started_sessions as (
    select
        affected_days.activity_date,
        count(distinct affected_days.session_id) as session_count
    from affected_days
    inner join public.sessions
        on affected_days.session_id = sessions.session_id and affected_days.event_at = sessions.started_at
    group by affected_days.activity_date
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
