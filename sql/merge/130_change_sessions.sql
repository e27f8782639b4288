-- Changes sessions that keep their start, and so their id, but have another end or other events.
update public.sessions set
    ended_at = staged.ended_at,
    session_duration_seconds = staged.session_duration_seconds,
    event_count = staged.event_count,
    edit_count = staged.edit_count,
    comment_count = staged.comment_count,
    share_count = staged.share_count,
    document_count = staged.document_count
from {staging}.sessions as staged
where
    sessions.session_id = staged.session_id
    and (
        sessions.ended_at, sessions.event_count, sessions.edit_count, sessions.comment_count,
        sessions.share_count, sessions.document_count
    )
    <> (
        staged.ended_at, staged.event_count, staged.edit_count, staged.comment_count, staged.share_count,
        staged.document_count
    );
