-- severity: error
-- One row per session that does not agree with its events, or that is cut in the wrong place.
-- The gap is 30 minutes. To use another one, run `set document_events.session_gap_minutes = 60` before this.
with settings as (
    select
        coalesce(nullif(current_setting('document_events.session_gap_minutes', true), ''), '30')::integer
        * interval '1 minute' as gap
),

ordered_events as (
    select
        session_id,
        event_type,
        document_id,
        event_at,
        event_at - lag(event_at) over (partition by session_id order by event_at) as since_previous
    from public.events
),

recomputed as (
    select
        session_id,
        count(*) as event_count,
        count(*) filter (where event_type = 'document_edit') as edit_count,
        count(*) filter (where event_type = 'comment_added') as comment_count,
        count(*) filter (where event_type = 'document_shared') as share_count,
        count(distinct document_id) as document_count,
        min(event_at) as started_at,
        max(event_at) as ended_at,
        max(since_previous) as longest_gap
    from ordered_events
    group by session_id
),

ordered_sessions as (
    select
        sessions.session_id,
        sessions.user_id,
        sessions.started_at,
        sessions.ended_at,
        sessions.event_count,
        sessions.edit_count,
        sessions.comment_count,
        sessions.share_count,
        sessions.document_count,
        sessions.started_at - session_before.ended_at as since_session_before
    from public.sessions
    left join lateral (
        select earlier.ended_at
        from public.sessions as earlier
        where earlier.user_id = sessions.user_id and earlier.started_at < sessions.started_at
        order by earlier.started_at desc
        limit 1
    ) as session_before on true
),

compared as (
    select
        ordered_sessions.session_id,
        ordered_sessions.user_id,
        case
            when recomputed.session_id is null then 'session without events'
            when recomputed.event_count <> ordered_sessions.event_count
                then 'event_count is not the number of events'
            when recomputed.edit_count <> ordered_sessions.edit_count
                then 'edit_count is not the number of edits'
            when recomputed.comment_count <> ordered_sessions.comment_count
                then 'comment_count is not the number of comments'
            when recomputed.share_count <> ordered_sessions.share_count
                then 'share_count is not the number of shares'
            when recomputed.document_count <> ordered_sessions.document_count
                then 'document_count is not the number of documents'
            when recomputed.started_at <> ordered_sessions.started_at then 'started_at is not its first event'
            when recomputed.ended_at <> ordered_sessions.ended_at then 'ended_at is not its last event'
            when recomputed.longest_gap > settings.gap then 'a gap inside should have opened a new session'
            when ordered_sessions.since_session_before <= settings.gap then 'belongs to the session before'
        end as problem
    from ordered_sessions
    cross join settings
    left join recomputed on ordered_sessions.session_id = recomputed.session_id
)

select
    session_id,
    user_id,
    problem
from compared
where problem is not null
order by session_id;
