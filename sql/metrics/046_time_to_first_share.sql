-- How long it takes people until they share for the first time. One row per user. People known only as
-- recipients have a row without times.
create or replace view metrics.time_to_first_share as
with arrivals as (
    select
        user_id,
        min(started_at) as first_event_at
    from public.sessions
    group by user_id
),

first_shares as (
    select
        user_id,
        min(event_at) as first_shared_at
    from public.events
    where event_type = 'document_shared'
    group by user_id
)

select
    users.user_id,
    users.name as user_name,
    arrivals.first_event_at,
    first_shares.first_shared_at,
    round(extract(epoch from first_shares.first_shared_at - arrivals.first_event_at), 6)
        as seconds_to_first_share
from public.users
left join arrivals on users.user_id = arrivals.user_id
left join first_shares on users.user_id = first_shares.user_id;

comment on view metrics.time_to_first_share is
'Time from the first event of each user to the first document that the user shared; one row per user, also '
'for those who never acted or never shared.';
comment on column metrics.time_to_first_share.user_id is 'The user.';
comment on column metrics.time_to_first_share.user_name is 'Latest known name.';
comment on column metrics.time_to_first_share.first_event_at is
'Time of the first event of the user as the one who acts; null for people known only as recipients.';
comment on column metrics.time_to_first_share.first_shared_at is
'Time of the first share by the user, with a person or by link; null if there is none.';
comment on column metrics.time_to_first_share.seconds_to_first_share is
'Seconds between the two, to 6 decimals; 0 if the first event is a share, null without one.';
