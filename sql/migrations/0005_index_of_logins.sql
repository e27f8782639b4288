-- By what source a login came is read from its index, too: metrics.anomalies took more than a second.
do $$
begin
    if to_regclass('public.events') is not null then
        drop index if exists public.events_login_idx;

        create index events_login_idx on public.events (user_id, event_at)
        include (ip_address, device, file_id)
        where event_type = 'user_login';
    end if;
end
$$;
