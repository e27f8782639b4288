-- Adds new sessions, and those whose start has changed.
insert into public.sessions ({sessions_columns})
select {sessions_columns}
from {staging}.sessions
on conflict (session_id) do nothing;
