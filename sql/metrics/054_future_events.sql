-- An event dated after tomorrow: a clock that is wrong. One row per event, until its day has come.
create or replace view metrics.future_events as
with today as (
    select metrics.business_day(now()) as today_date
),

-- The UTC date is the business day or one of its neighbours; it is compared first because it has an index.
dated as (
    select
        events.event_id,
        events.user_id,
        events.event_at,
        metrics.business_day(events.event_at, events.event_date) as event_day,
        metrics.business_day(events.event_at, events.event_date) - today.today_date as days_ahead,
        today.today_date
    from today
    inner join public.events
        on events.event_date >= today.today_date + metrics.threshold('future_event', 'days')::integer
)

select
    'future_event' as anomaly_type,
    case
        when days_ahead > metrics.threshold('future_event', 'days_for_warning') then 'warning' else 'info'
    end as severity,
    'event' as subject_type,
    event_id as subject_id,
    event_at as observed_at,
    days_ahead::numeric as observed,
    metrics.threshold('future_event', 'days') as expected,
    format(
        'Event %s of user %s is dated %s, %s days after today (%s); a time zone can explain %s at most.',
        event_id, user_id, to_char(event_day, 'YYYY-MM-DD'), days_ahead, to_char(today_date, 'YYYY-MM-DD'),
        metrics.threshold('future_event', 'days')
    ) as explanation
from dated
where days_ahead > metrics.threshold('future_event', 'days');

comment on view metrics.future_events is
'Events dated further ahead than a time zone explains, at the time of asking: after tomorrow by default.';
comment on column metrics.future_events.anomaly_type is 'Always future_event.';
comment on column metrics.future_events.severity is
'info; warning beyond the threshold of days_for_warning.';
comment on column metrics.future_events.subject_type is 'Always event.';
comment on column metrics.future_events.subject_id is 'The event.';
comment on column metrics.future_events.observed_at is 'The time the event claims.';
comment on column metrics.future_events.observed is 'Days between today and the business day of the event.';
comment on column metrics.future_events.expected is
'The most that a time zone can explain: 1 day by default.';
comment on column metrics.future_events.explanation is
'One sentence that says what was seen and what is usual.';
