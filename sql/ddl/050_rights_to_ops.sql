-- The loader keeps the books, but does not say which migrations were applied. Run after migrations, so that
-- every table is covered; nobody writes to views.
grant usage on schema ops, metrics to document_events_loader;

do $$
declare
    book regclass;
begin
    for book in
        select oid from pg_class
        where relnamespace = 'ops'::regnamespace and relkind = 'r' and relname <> 'migrations'
    loop
        execute format('grant select, insert, update, delete on %s to document_events_loader', book);
    end loop;
end
$$;

grant select on ops.migrations to document_events_loader;

grant references on ops.ingested_files to document_events_loader;

grant usage on all sequences in schema ops to document_events_loader;
