-- What has to be deduplicated and cut again beside the new records: the events of the affected sessions, and
-- whatever lost before under an id that arrives again. One row per published or superseded record; nothing
-- else is read.
insert into {staging}.history ({superseded_records_columns}, previous_verdict)
select
    {history_of_events},
    'published' as previous_verdict
from {staging}.affected_sessions
inner join public.events on affected_sessions.session_id = events.session_id
union all
select
    {history_of_superseded_records},
    'superseded' as previous_verdict
from (select distinct event_id from {staging}.arriving_events) as arriving_events
inner join ops.superseded_records on arriving_events.event_id = superseded_records.event_id;
