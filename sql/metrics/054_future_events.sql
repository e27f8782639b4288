-- An event dated after tomorrow UTC: a clock that is wrong. One row per event, until its day has come.
create or replace view metrics.future_events as
with today as (
    select (now() at time zone 'UTC')::date as today_date
)

select
    'future_event' as anomaly_type,
    case when events.event_date > today.today_date + 366 then 'warning' else 'info' end as severity,
    'event' as subject_type,
    events.event_id as subject_id,
    events.event_at as observed_at,
    (events.event_date - today.today_date)::numeric as observed,
    1::numeric as expected,
    format(
        'Event %s of user %s is dated %s, %s days after today (%s); a time zone can explain 1 at most.',
        events.event_id, events.user_id, to_char(events.event_date, 'YYYY-MM-DD'),
        events.event_date - today.today_date, to_char(today.today_date, 'YYYY-MM-DD')
    ) as explanation
from today
inner join public.events on today.today_date + 1 < events.event_date;

comment on view metrics.future_events is
'Events dated after tomorrow UTC at the time of asking.';
comment on column metrics.future_events.anomaly_type is 'Always future_event.';
comment on column metrics.future_events.severity is
'info up to a year ahead, warning beyond.';
comment on column metrics.future_events.subject_type is 'Always event.';
comment on column metrics.future_events.subject_id is 'The event.';
comment on column metrics.future_events.observed_at is 'The time the event claims.';
comment on column metrics.future_events.observed is 'Days between today UTC and the date of the event.';
comment on column metrics.future_events.expected is '1: the most that a time zone can explain.';
comment on column metrics.future_events.explanation is
'One sentence that says what was seen and what is usual.';
