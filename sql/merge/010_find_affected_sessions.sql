-- Which published sessions can this run change? Those within one gap before or after a new record of their
-- user, and those that hold an event whose id arrives again. This is run before Spark cuts sessions. The
-- sessions of a user are more than a gap apart. So at most two of them are within a gap of one moment, and
-- each record costs one short read of an index, however long the user's history is.
insert into {staging}.affected_sessions (session_id)
with gap as (
    select current_setting('document_events.session_gap_minutes')::integer * interval '1 minute' as length
),

moments as (
    select distinct
        user_id,
        event_at
    from {staging}.arriving_events
),

near_sessions as (
    select latest.session_id
    from moments
    cross join gap
    cross join
        lateral (
            select
                sessions.session_id,
                sessions.ended_at
            from public.sessions
            where sessions.user_id = moments.user_id and sessions.started_at <= moments.event_at + gap.length
            order by sessions.started_at desc
            limit 2
        ) as latest
    where latest.ended_at >= moments.event_at - gap.length
),

sessions_of_known_ids as (
    select events.session_id
    from {staging}.arriving_events
    inner join public.events on arriving_events.event_id = events.event_id
)

select session_id
from near_sessions
union
select session_id
from sessions_of_known_ids;
