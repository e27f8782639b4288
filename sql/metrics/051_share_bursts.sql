-- A person who shares far more distinct documents on one day than usual for them. One row per user and day.
-- Usual is the median over the days on which the user did anything, so a day without a share counts as 0.
-- The spread has the same floors as for edit bursts.
create or replace view metrics.share_bursts as
with shared_documents as (
    select
        user_id,
        event_date,
        document_id
    from public.events
    where event_type = 'document_shared'
    group by user_id, event_date, document_id
),

daily_shares as (
    select
        user_id,
        event_date,
        count(*) as documents
    from shared_documents
    group by user_id, event_date
),

-- Below ten documents a day nothing is a burst, so only the users who ever reach it need a history.
busy_users as (
    select distinct user_id
    from daily_shares
    where documents >= 10
),

-- lateral, so that only these users' events are read, through the index on (user_id, event_at).
active_days as (
    select
        busy_users.user_id,
        days.event_date
    from busy_users
    inner join lateral (
        select events.event_date
        from public.events
        where events.user_id = busy_users.user_id
        group by events.event_date
    ) as days on true
),

history as (
    select
        active_days.user_id,
        active_days.event_date,
        coalesce(daily_shares.documents, 0) as documents,
        row_number() over (partition by active_days.user_id order by active_days.event_date) - 1
            as earlier_days
    from active_days
    left join daily_shares
        on active_days.user_id = daily_shares.user_id and active_days.event_date = daily_shares.event_date
),

medians as (
    select
        user_id,
        percentile_cont(0.5) within group (order by documents) as median_documents
    from history
    group by user_id
),

usual as (
    select
        history.user_id,
        count(*) as days,
        medians.median_documents,
        greatest(
            1.4826
            * percentile_cont(0.5) within group (order by abs(history.documents - medians.median_documents)),
            sqrt(medians.median_documents),
            1
        ) as spread
    from history
    inner join medians on history.user_id = medians.user_id
    group by history.user_id, medians.median_documents
),

scored as (
    select
        history.*,
        usual.days,
        usual.median_documents,
        (history.documents - usual.median_documents) / usual.spread as spreads_above
    from history
    inner join usual on history.user_id = usual.user_id
)

-- A user's first seven active days are the warm-up.
select
    'share_burst' as anomaly_type,
    case when spreads_above > 16 then 'critical' else 'warning' end as severity,
    'user' as subject_type,
    user_id as subject_id,
    event_date::timestamp at time zone 'UTC' as observed_at,
    documents::numeric as observed,
    median_documents::numeric as expected,
    format(
        'User %s shared %s different documents on %s, where %s is usual (median of %s active days).',
        user_id, documents, to_char(event_date, 'YYYY-MM-DD'), median_documents, days
    ) as explanation
from scored
where documents >= 10 and earlier_days >= 7 and spreads_above > 8;

comment on view metrics.share_bursts is
'Days on which a user shared at least 10 different documents and more than 8 spreads above the own median; '
'silent until the user has been active on 7 earlier days.';
comment on column metrics.share_bursts.anomaly_type is 'Always share_burst.';
comment on column metrics.share_bursts.severity is
'warning above 8 spreads, critical above 16.';
comment on column metrics.share_bursts.subject_type is 'Always user.';
comment on column metrics.share_bursts.subject_id is 'The user who shared.';
comment on column metrics.share_bursts.observed_at is 'Start of the UTC day.';
comment on column metrics.share_bursts.observed is 'Distinct documents shared on that day.';
comment on column metrics.share_bursts.expected is
'Median of distinct documents shared over the days on which the user was active.';
comment on column metrics.share_bursts.explanation is
'One sentence that says what was seen and what is usual.';
