-- A user who logs in from many addresses or devices in a short time. One row per user and business day, for
-- the window of that day with the most addresses or devices, whichever are more. The usual number is the
-- median of the same per day, over the days on which the user logged in. metrics.robust_spread says how far a
-- window may lie from it.
create or replace view metrics.login_spreads as
with logins as (
    select
        user_id,
        event_at,
        lag(event_at, metrics.threshold('login_spread', 'places')::integer - 1) over (
            partition by user_id order by event_at
        ) as earlier_at
    from public.events
    where event_type = 'user_login'
),

-- A window has at most as many addresses as logins. So we read only windows that have enough logins.
windows as (
    select
        logins.user_id,
        logins.event_at,
        greatest(sources.addresses, sources.devices) as places,
        sources.addresses,
        sources.devices
    from logins
    cross join
        lateral (
            select
                count(distinct events.ip_address) as addresses,
                count(distinct events.device) as devices
            from public.events
            where
                events.user_id = logins.user_id
                and events.event_type = 'user_login'
                and events.event_at between
                logins.event_at - make_interval(mins => metrics.threshold('login_spread', 'minutes')::integer)
                and logins.event_at
        ) as sources
    where
        logins.event_at - logins.earlier_at
        <= make_interval(mins => metrics.threshold('login_spread', 'minutes')::integer)
),

widest as (
    select distinct on (user_id, metrics.business_day(event_at))
        *,
        metrics.business_day(event_at) as login_date
    from windows
    where places >= metrics.threshold('login_spread', 'places')
    order by user_id asc, metrics.business_day(event_at) asc, places desc, event_at asc
),

history as (
    select
        users.user_id,
        days.login_date,
        days.places
    from (select distinct widest.user_id from widest) as users
    cross join lateral (
        select
            metrics.business_day(events.event_at) as login_date,
            greatest(count(distinct events.ip_address), count(distinct events.device)) as places
        from public.events
        where events.user_id = users.user_id and events.event_type = 'user_login'
        group by metrics.business_day(events.event_at)
    ) as days
),

medians as (
    select
        user_id,
        count(*) as days,
        percentile_cont(0.5) within group (order by places) as median_places
    from history
    group by user_id
),

usual as (
    select
        medians.user_id,
        medians.days,
        medians.median_places,
        metrics.robust_spread(
            medians.median_places,
            percentile_cont(0.5) within group (order by abs(history.places - medians.median_places))
        ) as spread
    from medians
    inner join history on medians.user_id = history.user_id
    group by medians.user_id, medians.days, medians.median_places
),

scored as (
    select
        widest.*,
        usual.days,
        usual.median_places,
        (widest.places - usual.median_places) / usual.spread as spreads_above,
        (
            select count(*)
            from history
            where history.user_id = widest.user_id and history.login_date < widest.login_date
        ) as earlier_days
    from widest
    inner join usual on widest.user_id = usual.user_id
)

select
    'login_spread' as anomaly_type,
    case
        when spreads_above > 2 * metrics.threshold('login_spread', 'spreads') then 'critical' else 'warning'
    end as severity,
    'user' as subject_type,
    user_id as subject_id,
    event_at as observed_at,
    places::numeric as observed,
    median_places::numeric as expected,
    format(
        'User %s logged in from %s addresses and %s devices within %s minutes until %s UTC; %s is usual '
        'for a '
        'whole day (median of %s days with logins).',
        user_id, addresses, devices, metrics.threshold('login_spread', 'minutes'),
        to_char(event_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), median_places, days
    ) as explanation
from scored
where
    spreads_above > metrics.threshold('login_spread', 'spreads')
    and earlier_days >= metrics.threshold('login_spread', 'warm_up_days');

comment on view metrics.login_spreads is
'People who logged in from far more addresses or devices in a short time than is usual for them in a day, '
'by the thresholds of login_spread.';
comment on column metrics.login_spreads.anomaly_type is 'Always login_spread.';
comment on column metrics.login_spreads.severity is 'warning; critical above twice the threshold of spreads.';
comment on column metrics.login_spreads.subject_type is 'Always user.';
comment on column metrics.login_spreads.subject_id is 'The user.';
comment on column metrics.login_spreads.observed_at is
'The last login of the widest window of the business day.';
comment on column metrics.login_spreads.observed is
'Distinct addresses or distinct devices in that window, whichever are more.';
comment on column metrics.login_spreads.expected is
'Median of the same over the days on which the user logged in.';
comment on column metrics.login_spreads.explanation is
'One sentence that says what was seen and what is usual.';
