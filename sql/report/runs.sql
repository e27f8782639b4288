-- The last 15 runs of ops.pipeline_runs, the latest first. One row per run; a failed run has no counts. An
-- event is late if an earlier run had already published a newer day, because it changes a day that people
-- have seen. For example, an event of the 3rd is late once events of the 4th are published. The number of
-- late events is null for the first run that published. Events after the last reported day do not count.
with reported as (
    select max(activity_date) as last_day
    from metrics.daily_active_users
),

days as (
    select
        events.run_id,
        metrics.business_day(events.event_at, events.event_date) as activity_date,
        count(*) as events
    from reported
    inner join public.events
        on metrics.business_day(events.event_at, events.event_date) <= reported.last_day
    group by events.run_id, metrics.business_day(events.event_at, events.event_date)
),

newest as (
    select
        run_id,
        max(max(activity_date)) over (
            order by run_id rows between unbounded preceding and 1 preceding
        ) as newest_day_before
    from days
    group by run_id
),

late as (
    select
        days.run_id,
        sum(days.events) filter (where days.activity_date < newest.newest_day_before) as late_events
    from days
    inner join newest on days.run_id = newest.run_id
    where newest.newest_day_before is not null
    group by days.run_id
),

files as (
    select
        run_id,
        count(*) as files
    from ops.ingested_files
    group by run_id
)

select
    runs.run_id,
    runs.started_at,
    runs.kind,
    runs.status,
    round(extract(epoch from runs.finished_at - runs.started_at), 1) as seconds,
    coalesce(files.files, 0) as files,
    runs.records,
    runs.blank,
    runs.ignored,
    runs.quarantined,
    runs.accepted,
    runs.exact_duplicates,
    runs.superseded,
    runs.published,
    runs.replaced,
    case when late.run_id is not null then coalesce(late.late_events, 0) end as late_events,
    left(runs.error, 200) as error
from ops.pipeline_runs as runs
left join files on runs.run_id = files.run_id
left join late on runs.run_id = late.run_id
order by runs.run_id desc
limit 15;
