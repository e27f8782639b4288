-- Types of events are a table: those that the catalogue knew when this was written, and those that events
-- have. A database into which nothing has been loaded gets it by its first load. Like the other published
-- tables it belongs to the owner of the events.
do $$
begin
    if to_regclass('public.events') is not null then
        create table public.event_types (
            event_type text not null constraint event_types_pkey primary key,
            description text,
            is_known boolean not null,
            requires_document boolean not null
        );

        insert into public.event_types (event_type, description, is_known, requires_document)
        values
        ('user_login', 'a user logs in', true, false),
        ('document_edit', 'a user changes the text of a document', true, true),
        ('comment_added', 'a user comments on a document', true, true),
        ('document_shared', 'a user shares a document, with a person or by a link', true, true);

        insert into public.event_types (event_type, is_known, requires_document)
        select distinct event_type, false as is_known, false as requires_document
        from public.events
        on conflict (event_type) do nothing;

        alter table public.events
        add constraint events_event_type_fkey
        foreign key (event_type) references public.event_types (event_type);

        create index events_unknown_type_idx on public.events (event_type)
        where event_type not in ('user_login', 'document_edit', 'comment_added', 'document_shared');
    end if;
end
$$;
