-- One row per record that a full refresh keeps: it can't read the version again, but a reading still holds
-- it.
insert into {staging}.history ({history_columns}, is_current, previous_verdict, is_held)
select
    {history_of_events},
    holdings.is_current,
    'published' as previous_verdict,
    holdings.is_held
from {staging}.holdings
inner join public.events
    on holdings.event_id = events.event_id and holdings.content_fingerprint = events.content_fingerprint
where holdings.is_held
union all
select
    {history_of_superseded_records},
    holdings.is_current,
    'superseded' as previous_verdict,
    holdings.is_held
from {staging}.holdings
inner join ops.superseded_records
    on
        holdings.event_id = superseded_records.event_id
        and holdings.content_fingerprint = superseded_records.content_fingerprint
where holdings.is_held;
