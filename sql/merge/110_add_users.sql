-- People whose first events arrive: all there is to know of them is in this run. Others follow in 190.
insert into public.users ({users_columns})
select {users_columns}
from {staging}.users
on conflict (user_id) do nothing;
