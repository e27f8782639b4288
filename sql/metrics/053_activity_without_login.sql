-- A user who acts but never logs in. One row per user. Sources that log no user_login at all are left out. We
-- count the user's events from the first one that proves something. An event proves something if anybody
-- logged in to its source on one of the seven days before. A user who acts on the first day with logins may
-- have logged in before the log began. A login years away does not show that the source logs logins in
-- between.
create or replace view metrics.activity_without_login as
with login_days as materialized (
    select
        ingested_files.source,
        metrics.business_day(events.event_at) as login_date
    from public.events
    inner join ops.ingested_files on events.file_id = ingested_files.file_id
    where events.event_type = 'user_login'
    group by ingested_files.source, metrics.business_day(events.event_at)
),

proving_days as materialized (
    select distinct
        login_days.source,
        login_days.login_date + days.days_later as activity_date
    from login_days
    cross join generate_series(1, 7) as days (days_later)
),

never_logged_in as (
    select users.user_id
    from public.users
    left join public.events on users.user_id = events.user_id and events.event_type = 'user_login'
    where events.user_id is null
),

-- lateral, so that PostgreSQL reads the events of these users only, by the index on (user_id, event_at).
activity as (
    select
        never_logged_in.user_id,
        acts.events,
        proofs.first_event_at
    from never_logged_in
    inner join lateral (
        select min(events.event_at) as first_event_at
        from public.events
        inner join ops.ingested_files on events.file_id = ingested_files.file_id
        inner join proving_days
            on
                ingested_files.source = proving_days.source
                and metrics.business_day(events.event_at, events.event_date) = proving_days.activity_date
        where events.user_id = never_logged_in.user_id
    ) as proofs on proofs.first_event_at is not null
    cross join
        lateral (
            select count(*) as events
            from public.events
            inner join ops.ingested_files on events.file_id = ingested_files.file_id
            where
                events.user_id = never_logged_in.user_id
                and events.event_at >= proofs.first_event_at
                and ingested_files.source in (select login_days.source from login_days)
        ) as acts
)

select
    'activity_without_login' as anomaly_type,
    case
        when events >= metrics.threshold('activity_without_login', 'events_for_warning') then 'warning' else
            'info'
    end as severity,
    'user' as subject_type,
    user_id as subject_id,
    first_event_at as observed_at,
    events::numeric as observed,
    0::numeric as expected,
    format(
        'User %s acted %s times from %s UTC on but never logged in, though this source logs logins.',
        user_id, events, to_char(first_event_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
    ) as explanation
from activity;

comment on view metrics.activity_without_login is
'Users who act in a source that logs logins, after the day of its first login, and never log in themselves.';
comment on column metrics.activity_without_login.anomaly_type is 'Always activity_without_login.';
comment on column metrics.activity_without_login.severity is
'info; warning from the threshold of events on.';
comment on column metrics.activity_without_login.subject_type is 'Always user.';
comment on column metrics.activity_without_login.subject_id is 'The user who acted.';
comment on column metrics.activity_without_login.observed_at is 'Time of the first such event.';
comment on column metrics.activity_without_login.observed is 'Events without any login.';
comment on column metrics.activity_without_login.expected is 'Always 0: no activity without a login.';
comment on column metrics.activity_without_login.explanation is
'One sentence that says what was seen and what is usual.';
