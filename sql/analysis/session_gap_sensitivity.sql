-- One row per session gap in minutes: the sessions that public.events would give with this gap.
-- The pauses between the events of a session add up to its length, so one pass serves all four gaps.
with neighbours as (
    select
        event_at - lag(event_at) over by_user as since_previous,
        lead(event_at) over by_user - event_at as until_next
    from public.events
    window by_user as (partition by user_id order by event_at)
),

choices as (
    select
        gap_minutes,
        gap_minutes * interval '1 minute' as gap
    from unnest(array[15, 30, 60, 240]) as minutes (gap_minutes)
),

totals as (
    select
        choices.gap_minutes,
        count(*) filter (
            where neighbours.since_previous is null or neighbours.since_previous > choices.gap
        ) as sessions,
        count(*) filter (
            where
            (neighbours.since_previous is null or neighbours.since_previous > choices.gap)
            and (neighbours.until_next is null or neighbours.until_next > choices.gap)
        ) as single_event_sessions,
        sum(neighbours.since_previous) filter (
            where neighbours.since_previous <= choices.gap
        ) as time_in_sessions
    from choices
    cross join neighbours
    group by choices.gap_minutes
)

select
    gap_minutes,
    sessions,
    round(coalesce(extract(epoch from time_in_sessions), 0) / sessions, 6) as average_seconds,
    round(single_event_sessions::numeric / sessions, 4) as single_event_share
from totals
order by gap_minutes;
