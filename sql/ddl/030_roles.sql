-- Three roles without a login. A login becomes a member of one by GRANT (docker/SECURITY.md). The owner owns
-- the ledger and the views, applies migrations, and may do all that the loader may. The loader owns the
-- published tables and the staging schemas. The analyst can only read. The login that makes the roles becomes
-- an owner. Roles belong to the whole server, so another database may have made them already.
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
