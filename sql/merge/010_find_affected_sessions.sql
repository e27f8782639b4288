-- Which published sessions can this run change? Those within one gap of a new record of their user, before or
-- after, and those that hold an event whose id arrives again. Run before Spark cuts sessions. Sessions of one
-- user lie more than a gap apart, so at most two can be within a gap of one moment: each record costs one
-- short read of an index, however long its user's history is.
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
