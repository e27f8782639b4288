-- A full refresh cuts all sessions again, from the files alone.
insert into {staging}.affected_sessions (session_id)
select session_id
from public.sessions;
