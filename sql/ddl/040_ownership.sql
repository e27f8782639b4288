-- What an earlier run made as the login itself, or this one just now, goes to the roles; run once a database.
do $$
declare
    statement text;
begin
    execute format(
        'grant create on database %I to document_events_owner, document_events_loader', current_database()
    );
    grant usage, create on schema public to document_events_owner, document_events_loader;
    grant usage on schema public to document_events_analyst;
    -- GRANT only warns where the login may not.
    if not has_database_privilege('document_events_loader', current_database(), 'create')
        or not has_schema_privilege('document_events_loader', 'public', 'create')
    then
        raise insufficient_privilege using message = format('%I may not grant CREATE here', current_user);
    end if;

    for statement in
        select format('alter schema %I owner to document_events_owner', nspname)
        from pg_namespace
        where nspname in ('ops', 'metrics')
        union all
        select format('alter schema %I owner to document_events_loader', nspname)
        from pg_namespace
        where nspname like 'staging\_%'
    loop
        execute statement;
    end loop;

    for statement in
        select format(
            'alter %s %s owner to %I',
            case relkind when 'v' then 'view' else 'table' end,
            pg_class.oid::regclass,
            case
                when relkind = 'r' and nspname not in ('ops', 'metrics') then 'document_events_loader'
                else 'document_events_owner'
            end
        )
        from pg_class
        inner join pg_namespace on relnamespace = pg_namespace.oid
        where
            relkind in ('r', 'v')
            and (
                nspname in ('ops', 'metrics')
                or nspname like 'staging\_%'
                or pg_class.oid in (
                    to_regclass('public.users'),
                    to_regclass('public.documents'),
                    to_regclass('public.sessions'),
                    to_regclass('public.events'),
                    to_regclass('public.event_details')
                )
            )
        union all
        select format('alter function %s owner to document_events_owner', oid::regprocedure)
        from pg_proc
        where pronamespace = 'metrics'::regnamespace
    loop
        execute statement;
    end loop;
end
$$;
