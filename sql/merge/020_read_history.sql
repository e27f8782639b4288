-- One row per published or superseded record that must be looked at again together with the new ones. These
-- are the events of the affected sessions, and the superseded records of ids that arrive again. No other rows
-- are read.
insert into {staging}.history ({history_columns}, is_current, previous_verdict, is_held)
select
    {history_of_events},
    coalesce(holdings.is_current, events.is_current) as is_current,
    'published' as previous_verdict,
    coalesce(holdings.is_held, true) as is_held
from {staging}.affected_sessions
inner join public.events on affected_sessions.session_id = events.session_id
left join {staging}.holdings
    on events.event_id = holdings.event_id and events.content_fingerprint = holdings.content_fingerprint
union all
select
    {history_of_superseded_records},
    coalesce(holdings.is_current, superseded_records.is_current) as is_current,
    'superseded' as previous_verdict,
    coalesce(holdings.is_held, true) as is_held
from (select distinct event_id from {staging}.arriving_events) as arriving_events
inner join ops.superseded_records on arriving_events.event_id = superseded_records.event_id
left join {staging}.holdings
    on
        superseded_records.event_id = holdings.event_id
        and superseded_records.content_fingerprint = holdings.content_fingerprint;
