-- An event dated long before all others, usually by a clock that was never set. One row per event. The log
-- proper begins after the last long silence that has only a few events before it. For example, three events
-- of 1970 precede a log that begins in 2025. Nothing is found until the log proper has had events on some
-- days, because until then either side of the silence may be the log.
create or replace view metrics.past_events as
with recursive dates as (
    -- Each day with events takes one short read of the index, however many events it has.
    select min(event_date) as event_date
    from public.events
    union all
    select (
        select min(events.event_date)
        from public.events
        where events.event_date > dates.event_date
    ) as event_date
    from dates
    where dates.event_date is not null
),

numbered as (
    select
        event_date,
        lead(event_date) over (order by event_date) as next_date,
        count(*) over () - row_number() over (order by event_date) as later_days
    from dates
    where event_date is not null
),

silences as (
    select
        event_date,
        next_date,
        (
            select count(*)
            from (
                select 1 as one
                from public.events
                where events.event_date <= numbered.event_date
                order by events.event_date
                limit metrics.threshold('past_event', 'most_events')::integer + 1
            ) as counted
        ) as events_before
    from numbered
    where
        next_date - event_date > metrics.threshold('past_event', 'silent_days')
        and later_days >= metrics.threshold('past_event', 'warm_up_days')
),

beginning as (
    select max(next_date) as begins_on
    from silences
    where events_before <= metrics.threshold('past_event', 'most_events')
)

select
    'past_event' as anomaly_type,
    case
        when
            beginning.begins_on - events.event_date > metrics.threshold('past_event', 'days_for_warning')
            then 'warning'
        else 'info'
    end as severity,
    'event' as subject_type,
    events.event_id as subject_id,
    events.event_at as observed_at,
    (beginning.begins_on - events.event_date)::numeric as observed,
    0::numeric as expected,
    format(
        'Event %s of user %s is dated %s, %s days before the log begins in earnest (%s).',
        events.event_id, events.user_id,
        to_char(metrics.business_day(events.event_at, events.event_date), 'YYYY-MM-DD'),
        beginning.begins_on - events.event_date, to_char(beginning.begins_on, 'YYYY-MM-DD')
    ) as explanation
from beginning
inner join public.events on beginning.begins_on > events.event_date;

comment on view metrics.past_events is
'Events dated before the long silence that precedes the log proper, by the thresholds of past_event.';
comment on column metrics.past_events.anomaly_type is 'Always past_event.';
comment on column metrics.past_events.severity is 'info; warning beyond the threshold of days_for_warning.';
comment on column metrics.past_events.subject_type is 'Always event.';
comment on column metrics.past_events.subject_id is 'The event.';
comment on column metrics.past_events.observed_at is 'The time the event claims.';
comment on column metrics.past_events.observed is
'Days between the event and the beginning of the log proper.';
comment on column metrics.past_events.expected is 'Always 0: no event before the log.';
comment on column metrics.past_events.explanation is
'One sentence that says what was seen and what is usual.';
