-- Recipients of the events that are published now and were not before, or are another version.
insert into public.share_recipients ({share_recipients_columns})
select {recipients_as_staged}
from {staging}.share_recipients as recipients
on conflict (event_id, user_id) do nothing;
