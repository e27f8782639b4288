-- Sessions say how many edits, comments, shares and documents their events have. Where nothing has been
-- loaded there are no published tables yet. All rows are written once, and the constraints come after that.
-- A column of a view can't get another name by replacing the view, and what others built on it stays.
alter view if exists metrics.daily_sessions rename column session_date to activity_date;

alter view if exists metrics.most_connected_users rename column shared_with to recipients;

alter view if exists metrics.most_connected_users rename column received_from to senders;

do $$
begin
    if to_regclass('public.sessions') is not null then
        alter table public.sessions
        add column edit_count bigint,
        add column comment_count bigint,
        add column share_count bigint,
        add column document_count bigint;

        update public.sessions set
            edit_count = counted.edit_count,
            comment_count = counted.comment_count,
            share_count = counted.share_count,
            document_count = counted.document_count
        from (
            select
                session_id,
                count(*) filter (where event_type = 'document_edit') as edit_count,
                count(*) filter (where event_type = 'comment_added') as comment_count,
                count(*) filter (where event_type = 'document_shared') as share_count,
                count(distinct document_id) as document_count
            from public.events
            group by session_id
        ) as counted
        where sessions.session_id = counted.session_id;

        alter table public.sessions
        alter column edit_count set not null,
        alter column comment_count set not null,
        alter column share_count set not null,
        alter column document_count set not null,
        add constraint sessions_counts_not_negative check (
            edit_count >= 0 and comment_count >= 0 and share_count >= 0 and document_count >= 0
        ),
        add constraint sessions_counts_within_events check (
            edit_count + comment_count + share_count <= event_count and document_count <= event_count
        );
    end if;
end
$$;
