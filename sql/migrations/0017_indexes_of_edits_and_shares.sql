-- Edits are counted by document and day in the order of their index, and shares are joined with their
-- recipients without the rows of events. A new database makes them with its tables
-- (sql/ddl/150_indexes.sql).
do $$
begin
    if to_regclass('public.events') is not null then
        drop index if exists public.events_edited_document_idx, public.events_sent_by_user_idx;

        create index events_edited_document_idx on public.events (document_id, event_date, event_at)
        include (user_id, document_word_count)
        where event_type = 'document_edit';

        create index events_sent_by_user_idx on public.events (user_id, event_at)
        include (event_type, document_id, event_id)
        where event_type in ('comment_added', 'document_shared');
    end if;
end
$$;
