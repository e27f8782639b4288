-- The user's logins in the window of minutes that ends at the observed moment. One row per login.
select
    event_at,
    user_id,
    device,
    ip_address,
    source_file,
    record_number
from public.event_details
where
    user_id = {subject_id}
    and event_type = 'user_login'
    and event_at <= {observed_at}
    and event_at
    >= {observed_at} - make_interval(mins => metrics.threshold('login_spread', 'minutes')::integer)
order by event_at, event_id
