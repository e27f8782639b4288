-- What the roles need to make schemas and tables of their own here. Nobody else's rights change.
do $$
begin
    execute format(
        'grant create on database %I to document_events_owner, document_events_loader', current_database()
    );
    grant create on schema public to document_events_owner, document_events_loader;
    -- GRANT only warns where the login may not.
    if not has_database_privilege('document_events_loader', current_database(), 'create')
        or not has_schema_privilege('document_events_loader', 'public', 'create')
    then
        raise insufficient_privilege using message = format('%I may not grant CREATE here', current_user);
    end if;

    if not has_schema_privilege('document_events_analyst', 'public', 'usage') then
        grant usage on schema public to document_events_owner, document_events_loader, document_events_analyst;
    end if;
end
$$;
