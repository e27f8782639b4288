-- Adds users whose first events arrive. This run has all events of them. Users who have more are changed in
-- 190.
insert into public.users ({users_columns})
select {users_columns}
from {staging}.users
on conflict (user_id) do nothing;
