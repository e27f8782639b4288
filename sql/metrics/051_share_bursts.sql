-- A user who shares far more distinct documents on one day than on other days. One row per user and business
-- day. The usual number is the median over the days on which the user was active; a day without a share
-- counts as 0. metrics.robust_spread says how far a day may lie from it. A day with few shared documents is
-- never a burst. So we read the history only of users who have ever shared enough documents on one day.
create or replace view metrics.share_bursts as
with busy_users as (
    select distinct user_id
    from (
        select user_id
        from public.events
        where event_type = 'document_shared'
        group by user_id, metrics.business_day(event_at)
        having count(*) >= metrics.threshold('share_burst', 'documents')::integer
    ) as busy_days
),

-- lateral, so that PostgreSQL reads the events of these users only, by the index on (user_id, event_at).
history as (
    select
        busy_users.user_id,
        days.activity_date,
        days.documents,
        row_number() over (partition by busy_users.user_id order by days.activity_date) - 1 as earlier_days
    from busy_users
    cross join lateral (
        select
            metrics.business_day(events.event_at) as activity_date,
            count(distinct events.document_id) filter (where events.event_type = 'document_shared')
                as documents
        from public.events
        where events.user_id = busy_users.user_id
        group by metrics.business_day(events.event_at)
    ) as days
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
        metrics.robust_spread(
            medians.median_documents,
            percentile_cont(0.5) within group (order by abs(history.documents - medians.median_documents))
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

-- The first active days of a user are the warm-up, because the usual number is not known yet.
select
    'share_burst' as anomaly_type,
    case
        when spreads_above > 2 * metrics.threshold('share_burst', 'spreads') then 'critical' else 'warning'
    end as severity,
    'user' as subject_type,
    user_id as subject_id,
    metrics.business_day_start(activity_date) as observed_at,
    documents::numeric as observed,
    median_documents::numeric as expected,
    format(
        'User %s shared %s different documents on %s, where %s is usual (median of %s active days).',
        user_id, documents, to_char(activity_date, 'YYYY-MM-DD'), median_documents, days
    ) as explanation
from scored
where
    documents >= metrics.threshold('share_burst', 'documents')
    and earlier_days >= metrics.threshold('share_burst', 'warm_up_days')
    and spreads_above > metrics.threshold('share_burst', 'spreads');

comment on view metrics.share_bursts is
'Days on which a user shared far more documents than is usual for that user, by the thresholds of '
'share_burst.';
comment on column metrics.share_bursts.anomaly_type is 'Always share_burst.';
comment on column metrics.share_bursts.severity is
'warning; critical above twice the threshold of spreads.';
comment on column metrics.share_bursts.subject_type is 'Always user.';
comment on column metrics.share_bursts.subject_id is 'The user who shared.';
comment on column metrics.share_bursts.observed_at is 'Start of the business day.';
comment on column metrics.share_bursts.observed is 'Distinct documents shared on that day.';
comment on column metrics.share_bursts.expected is
'Median of distinct documents shared over the days on which the user was active.';
comment on column metrics.share_bursts.explanation is
'One sentence that says what was seen and what is usual.';
