-- What a mapping keeps of a record beside our fields. Where nothing has been loaded there are no published
-- tables yet.
alter table ops.superseded_records
add column properties jsonb;

-- The view that shows them is made again by the next run that publishes.
update ops.pipeline_runs set views_version = null;

do $$
begin
    if to_regclass('public.events') is not null then
        create table public.event_properties (
            event_id text collate "C" not null,
            properties jsonb not null,
            constraint event_properties_pkey primary key (event_id),
            constraint event_properties_event_id_fkey foreign key (event_id)
            references public.events (event_id)
        );
    end if;
end
$$;
