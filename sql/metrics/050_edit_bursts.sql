-- A document edited far more on one day than on its other days. One row per document and business day. The
-- usual number is the median over the days on which the document was edited. metrics.robust_spread says how
-- far a day may lie from it. A day with few edits is never a burst. So we read the history only of documents
-- that have ever had enough edits on one day.
create or replace view metrics.edit_bursts as
with busy_documents as (
    select distinct document_id
    from (
        select document_id
        from public.events
        where event_type = 'document_edit'
        group by document_id, metrics.business_day(event_at, event_date)
        having count(*) >= metrics.threshold('edit_burst', 'edits')::integer
    ) as busy_days
),

-- lateral, so that PostgreSQL reads the edits of these documents only, by the index on edits.
history as (
    select
        busy_documents.document_id,
        days.edit_date,
        days.edits,
        row_number() over (partition by busy_documents.document_id order by days.edit_date) - 1
            as earlier_days
    from busy_documents
    cross join lateral (
        select
            metrics.business_day(events.event_at, events.event_date) as edit_date,
            count(*) as edits
        from public.events
        where events.document_id = busy_documents.document_id and events.event_type = 'document_edit'
        group by metrics.business_day(events.event_at, events.event_date)
    ) as days
),

medians as (
    select
        document_id,
        percentile_cont(0.5) within group (order by edits) as median_edits
    from history
    group by document_id
),

usual as (
    select
        history.document_id,
        count(*) as days,
        medians.median_edits,
        metrics.robust_spread(
            medians.median_edits,
            percentile_cont(0.5) within group (order by abs(history.edits - medians.median_edits))
        ) as spread
    from history
    inner join medians on history.document_id = medians.document_id
    group by history.document_id, medians.median_edits
),

scored as (
    select
        history.*,
        usual.days,
        usual.median_edits,
        (history.edits - usual.median_edits) / usual.spread as spreads_above
    from history
    inner join usual on history.document_id = usual.document_id
)

-- The first days of a document with edits are its warm-up, because its usual number is not known yet.
select
    'edit_burst' as anomaly_type,
    case
        when spreads_above > 2 * metrics.threshold('edit_burst', 'spreads') then 'critical' else 'warning'
    end as severity,
    'document' as subject_type,
    document_id as subject_id,
    metrics.business_day_start(edit_date) as observed_at,
    edits::numeric as observed,
    median_edits::numeric as expected,
    format(
        'Document %s was edited %s times on %s; %s is usual (median of its %s days with edits).',
        document_id, edits, to_char(edit_date, 'YYYY-MM-DD'), median_edits, days
    ) as explanation
from scored
where
    edits >= metrics.threshold('edit_burst', 'edits')
    and earlier_days >= metrics.threshold('edit_burst', 'warm_up_days')
    and spreads_above > metrics.threshold('edit_burst', 'spreads');

comment on view metrics.edit_bursts is
'Days on which a document was edited far more often than is usual for it, by the thresholds of edit_burst.';
comment on column metrics.edit_bursts.anomaly_type is 'Always edit_burst.';
comment on column metrics.edit_bursts.severity is
'warning; critical above twice the threshold of spreads.';
comment on column metrics.edit_bursts.subject_type is 'Always document.';
comment on column metrics.edit_bursts.subject_id is 'The document.';
comment on column metrics.edit_bursts.observed_at is 'Start of the business day.';
comment on column metrics.edit_bursts.observed is 'Edits on that day.';
comment on column metrics.edit_bursts.expected is
'Median edits over the days on which the document was edited.';
comment on column metrics.edit_bursts.explanation is
'One sentence that says what was seen and what is usual.';
