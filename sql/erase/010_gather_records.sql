-- Every known version of each event of which any version names the person: as user, as recipient or in its
-- properties. Without the person the versions may rank in another order. So all of them are treated as if
-- they arrived again.
insert into {staging}.arriving_events (event_id, user_id, event_at)
with named_events as (
    select event_id from public.events
    where user_id = {user_id}
    union
    select event_id from public.share_recipients
    where user_id = {user_id}
    union
    select event_id from public.event_properties
    where strpos(properties::text, {id_in_json}) > 0
    union
    select event_id from ops.superseded_records
    where
        user_id = {user_id}
        or {user_id} = any(recipients)
        or strpos(properties::text, {id_in_json}) > 0
)

select
    events.event_id,
    events.user_id,
    events.event_at
from named_events
inner join public.events on named_events.event_id = events.event_id
union all
select
    superseded_records.event_id,
    superseded_records.user_id,
    superseded_records.event_at
from named_events
inner join ops.superseded_records on named_events.event_id = superseded_records.event_id;
