-- The daily numbers of the published days that this run affects, as they are before it; one row per day. A
-- day is published once the latest run that succeeded began after its end and had events of it or of a later
-- day: what is not over yet, or new, is not restated. Run before anything is changed.

-- metrics.business_day by the time zone of this run: the views, and the functions that they go by, are made
-- again after the merge only, and an older database may not have them. In UTC it leaves event_date.
create function {staging}.business_day(event_at timestamptz, event_date date)
returns date
language sql immutable
as $$
    select case {business_time_zone}
        when 'UTC' then event_date
        else (event_at at time zone {business_time_zone})::date
    end
$$;

-- A day of any time zone lies within three dates in UTC: by those the index on event_date is read.
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
-- lateral, in order and with a limit, so that each is one short read of the index.
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

-- What a run changes of a day it changes by way of the users that it affects, so that these are counted
-- before and after the merge, and everybody else only where that differs: a day of millions of events is not
-- read for one that changes nothing.
create table {staging}.counted_users as
select user_id from {staging}.affected_users;

analyze {staging}.restated_days, {staging}.counted_users;

-- The numbers of those days and users as they are at the moment of asking.
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
            -- By the index; in UTC nothing is left of it, and the dates alone are compared.
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

-- By way of their first events: no index leads from a day to its sessions.
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
