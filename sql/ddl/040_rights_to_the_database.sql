-- The rights that the roles need to make schemas and tables in this database. No other rights change.
do $$
begin
    execute format(
        'grant create on database %I to document_events_owner, document_events_loader', current_database()
    );
    grant create on schema public to document_events_owner, document_events_loader;
    -- If the login may not grant a right, GRANT only warns. So the rights are checked afterwards.
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
