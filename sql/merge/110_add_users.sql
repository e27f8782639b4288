-- People whose first events arrive: all there is to know of them is in this run. Others follow in 190.
insert into public.users (user_id, name, email, first_seen_at, last_seen_at)
select
    user_id,
    name,
    email,
    first_seen_at,
    last_seen_at
from {staging}.users
on conflict (user_id) do nothing;
