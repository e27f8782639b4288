-- A share can name several people. They stand in a table of their own, one row per person and event. Where
-- nothing has been loaded there are no published tables yet.
alter table ops.superseded_records
add column recipients text[];

update ops.superseded_records set recipients = array[shared_with_user_id]
where shared_with_user_id is not null;

-- They show the column that goes, and are made again by the next run that publishes.
drop view if exists metrics.anomalies;
drop view if exists metrics.client_retries;
drop view if exists metrics.most_connected_users;
drop view if exists metrics.shared_documents_per_user;
drop view if exists public.event_details;

update ops.pipeline_runs set views_version = null;

alter table ops.superseded_records
drop column shared_with_user_id;

do $$
begin
    if to_regclass('public.events') is not null then
        create table public.share_recipients (
            event_id text collate "C" not null,
            user_id text collate "C" not null,
            shared_at timestamptz not null,
            constraint share_recipients_pkey primary key (event_id, user_id),
            constraint share_recipients_event_id_fkey foreign key (event_id)
            references public.events (event_id),
            constraint share_recipients_user_id_fkey foreign key (user_id)
            references public.users (user_id)
        );
        insert into public.share_recipients (event_id, user_id, shared_at)
        select
            event_id,
            shared_with_user_id,
            event_at
        from public.events
        where shared_with_user_id is not null;
        create index share_recipients_user_id_shared_at_idx on public.share_recipients (user_id, shared_at);
        drop index public.events_sent_by_user_idx;
        alter table public.events drop column shared_with_user_id;
        create index events_sent_by_user_idx on public.events (user_id, event_at)
        include (event_type, document_id)
        where event_type in ('comment_added', 'document_shared');
    end if;
end
$$;
