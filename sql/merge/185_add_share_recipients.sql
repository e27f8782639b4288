-- Adds recipients of events that are new or have another version.
insert into public.share_recipients ({share_recipients_columns})
select {recipients_as_staged}
from {staging}.share_recipients as recipients
on conflict (event_id, user_id) do nothing;
