-- A session in which a user works on far too many documents, for example because a script opens all of them.
-- One row per session. Shares do not count, because share bursts are a kind of their own. The usual number is
-- the median over the sessions of the user; metrics.robust_spread says how far a session may lie from it. The
-- first sessions of a user are never found, because the usual number is not known yet.
create or replace view metrics.document_sweeps as
with sweeps as (
    select
        sessions.session_id,
        sessions.user_id,
        sessions.started_at,
        visits.documents
    from public.sessions
    cross join
        lateral (
            select count(distinct events.document_id) as documents
            from public.events
            where events.session_id = sessions.session_id and events.event_type <> 'document_shared'
        ) as visits
    -- A session has at most as many documents as events. So we read only sessions that have enough events.
    where
        sessions.event_count >= metrics.threshold('document_sweep', 'documents')::integer
        and visits.documents >= metrics.threshold('document_sweep', 'documents')
),

history as (
    select
        users.user_id,
        visits.started_at,
        visits.documents
    from (select distinct sweeps.user_id from sweeps) as users
    cross join lateral (
        select
            events.session_id,
            min(events.event_at) as started_at,
            count(distinct events.document_id) filter (where events.event_type <> 'document_shared')
                as documents
        from public.events
        where events.user_id = users.user_id
        group by events.session_id
    ) as visits
),

medians as (
    select
        user_id,
        count(*) as sessions,
        percentile_cont(0.5) within group (order by documents) as median_documents
    from history
    group by user_id
),

usual as (
    select
        medians.user_id,
        medians.sessions,
        medians.median_documents,
        metrics.robust_spread(
            medians.median_documents,
            percentile_cont(0.5) within group (order by abs(history.documents - medians.median_documents))
        ) as spread
    from medians
    inner join history on medians.user_id = history.user_id
    group by medians.user_id, medians.sessions, medians.median_documents
),

scored as (
    select
        sweeps.*,
        usual.sessions,
        usual.median_documents,
        (sweeps.documents - usual.median_documents) / usual.spread as spreads_above,
        (
            select count(*)
            from history
            where history.user_id = sweeps.user_id and history.started_at < sweeps.started_at
        ) as earlier_sessions
    from sweeps
    inner join usual on sweeps.user_id = usual.user_id
)

select
    'document_sweep' as anomaly_type,
    case
        when spreads_above > 2 * metrics.threshold('document_sweep', 'spreads') then 'critical' else 'warning'
    end as severity,
    'user' as subject_type,
    user_id as subject_id,
    started_at as observed_at,
    documents::numeric as observed,
    median_documents::numeric as expected,
    format(
        'User %s worked on %s different documents in the session from %s UTC on; %s is usual (median of %s '
        'sessions).',
        user_id, documents, to_char(started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), median_documents,
        sessions
    ) as explanation
from scored
where
    spreads_above > metrics.threshold('document_sweep', 'spreads')
    and earlier_sessions >= metrics.threshold('document_sweep', 'warm_up_sessions');

comment on view metrics.document_sweeps is
'Sessions in which a user worked on far more documents than is usual for that user, by the thresholds of '
'document_sweep.';
comment on column metrics.document_sweeps.anomaly_type is 'Always document_sweep.';
comment on column metrics.document_sweeps.severity is
'warning; critical above twice the threshold of spreads.';
comment on column metrics.document_sweeps.subject_type is 'Always user.';
comment on column metrics.document_sweeps.subject_id is 'The user.';
comment on column metrics.document_sweeps.observed_at is 'Start of the session.';
comment on column metrics.document_sweeps.observed is
'Distinct documents of the session, of events other than shares.';
comment on column metrics.document_sweeps.expected is 'Median of the same over the sessions of the user.';
comment on column metrics.document_sweeps.explanation is
'One sentence that says what was seen and what is usual.';
