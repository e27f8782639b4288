-- A full refresh cuts all sessions anew, from the files alone.
insert into {staging}.touched_sessions (session_id)
select session_id
from public.sessions;
