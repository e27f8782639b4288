-- Three roles that nobody logs in as; a login gets one by GRANT (docker/README.md). Roles belong to the whole
-- server and may be there already. The owner has migrations and views, and may do what the loader may; the
-- loader has the published tables and staging; the analyst reads. Whoever makes them becomes an owner.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['document_events_owner', 'document_events_loader', 'document_events_analyst'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            execute format('create role %I nologin', wanted);
        end if;
    end loop;
    if not pg_has_role('document_events_owner', 'document_events_loader', 'usage') then
        grant document_events_loader to document_events_owner;
    end if;
    if not pg_has_role(current_user, 'document_events_owner', 'usage') then
        grant document_events_owner to current_user;
    end if;
end
$$;
