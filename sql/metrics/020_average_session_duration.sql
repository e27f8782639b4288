-- How long people stay. One row per user. People known only as recipients have a row without sessions.
create or replace view metrics.average_session_duration as
with user_sessions as (
    select
        user_id,
        count(*) as session_count,
        count(*) filter (where event_count = 1) as single_event_sessions,
        round(avg(session_duration_seconds), 6) as average_session_seconds,
        round(avg(session_duration_seconds) filter (where event_count > 1), 6)
            as average_seconds_without_single_event_sessions
    from public.sessions
    group by user_id
)

select
    users.user_id,
    users.name as user_name,
    coalesce(user_sessions.session_count, 0) as session_count,
    user_sessions.average_session_seconds,
    coalesce(user_sessions.single_event_sessions, 0) as single_event_sessions,
    user_sessions.average_seconds_without_single_event_sessions
from public.users
left join user_sessions on users.user_id = user_sessions.user_id;

comment on view metrics.average_session_duration is
'Average length of the sessions of each user; one row per user, with or without sessions.';
comment on column metrics.average_session_duration.user_id is 'The user.';
comment on column metrics.average_session_duration.user_name is 'Latest known name.';
comment on column metrics.average_session_duration.session_count is 'Number of sessions, 0 if none.';
comment on column metrics.average_session_duration.average_session_seconds is
'Mean length over all sessions in seconds, to 6 decimals; null without sessions.';
comment on column metrics.average_session_duration.single_event_sessions is
'Sessions of one event. Their length is 0 because one event has no duration, not because the user left.';
comment on column metrics.average_session_duration.average_seconds_without_single_event_sessions is
'Mean length in seconds of sessions with at least two events; null if there are none.';
