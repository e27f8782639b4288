-- The users, documents and event types that may have to change. They are those of events that this run
-- publishes, and of published events that it removes or replaces by another version. An erasure affects all
-- events that it loads again. This is run before anything is changed.
create table {staging}.affected_events as
select
    event_id,
    event_at,
    event_date,
    user_id,
    document_id,
    event_type
from {staging}.events as staged
where
    exists (
        select from ops.pipeline_runs
        where pipeline_runs.run_id = {run_id} and pipeline_runs.kind = 'erase'
    )
    or not exists (
        select from public.events
        where events.event_id = staged.event_id and events.content_fingerprint = staged.content_fingerprint
    )
union all
select
    events.event_id,
    events.event_at,
    events.event_date,
    events.user_id,
    events.document_id,
    events.event_type
from {staging}.affected_sessions
inner join public.events on affected_sessions.session_id = events.session_id
where not exists (
    select from {staging}.events as staged
    where staged.event_id = events.event_id and staged.content_fingerprint = events.content_fingerprint
);

create table {staging}.affected_users as
select user_id
from {staging}.affected_events
union
select recipients.user_id
from {staging}.affected_events
inner join {staging}.share_recipients as recipients on affected_events.event_id = recipients.event_id
union
select recipients.user_id
from {staging}.affected_events
inner join public.share_recipients as recipients on affected_events.event_id = recipients.event_id;

create table {staging}.affected_documents as
select distinct document_id
from {staging}.affected_events
where document_id is not null;

-- A type that has left the catalogue is affected too, even if it has no event.
create table {staging}.affected_event_types as
select event_type
from {staging}.affected_events
union
select event_types.event_type
from public.event_types
left join {staging}.event_types as staged on event_types.event_type = staged.event_type
where event_types.is_known and staged.event_type is null;

analyze {staging}.affected_users, {staging}.affected_documents, {staging}.affected_event_types;
