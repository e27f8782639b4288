-- The user's logins of the minutes that end at that moment. One row per login.
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
