-- severity: error
-- One row per recipient whose `shared_at` differs from the time of the event that names the recipient.
select
    share_recipients.event_id,
    share_recipients.user_id,
    share_recipients.shared_at,
    events.event_at
from public.share_recipients
inner join public.events on share_recipients.event_id = events.event_id
where share_recipients.shared_at <> events.event_at
order by share_recipients.event_id collate "C", share_recipients.user_id collate "C";
