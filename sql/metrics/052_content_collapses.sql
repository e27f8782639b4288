-- A document that loses most of its words in one edit, and does not get them back. One row per such edit.
-- We compare neighbours among the edits that have a word count, in order of (event_at, event_id). Four things
-- must hold:
-- 1. The edit removes more than a threshold share of the words. With a share of 0.8, an edit from 39 words to
--    3 does.
-- 2. The next edit does not restore more than that share of the lost words. Otherwise it is an undo.
-- 3. The loss lies several spreads above what an edit of this document usually adds or removes. A document
--    with very few changes is exempt, because the loss itself would determine what is usual.
-- 4. Only a few edits of the document fulfil rules 1 and 2. A document that is cleared every week, such as an
--    agenda, loses nothing.
-- It would take seconds to read the ids of all edits. So we read times and counts from an index, and ids only
-- of documents that have two edits at the same instant.
create or replace view metrics.content_collapses as
-- No edit removes more words than the difference between the highest and the lowest count of its document. We
-- test that first, by one read of an index. To compare neighbours costs five times as much for each edit.
with unsteady_documents as (
    select document_id
    from public.events
    where event_type = 'document_edit' and document_word_count is not null
    group by document_id
    having
        max(document_word_count) >= metrics.threshold('content_collapse', 'words')::integer
        and max(document_word_count) - min(document_word_count)
        > max(document_word_count) * metrics.threshold('content_collapse', 'share_lost')::double precision
),

neighbours as materialized (
    select
        events.document_id,
        events.event_at,
        events.document_word_count,
        lag(events.document_word_count) over document as previous_count,
        lead(events.document_word_count) over document as next_count,
        lag(events.event_at) over document as previous_at
    from unsteady_documents
    inner join public.events on unsteady_documents.document_id = events.document_id
    where events.event_type = 'document_edit' and events.document_word_count is not null
    window document as (partition by events.document_id order by events.event_at)
),

-- The index has no ids. So we read the order of edits at the same instant from the table.
tied_documents as materialized (
    select distinct document_id
    from neighbours
    where previous_at = event_at
),

edits as materialized (
    select
        document_id,
        event_at,
        document_word_count,
        previous_count,
        next_count,
        null as user_id
    from neighbours
    where document_id not in (select tied_documents.document_id from tied_documents)
    union all
    select
        events.document_id,
        events.event_at,
        events.document_word_count,
        lag(events.document_word_count) over document as previous_count,
        lead(events.document_word_count) over document as next_count,
        events.user_id
    from tied_documents
    inner join public.events on tied_documents.document_id = events.document_id
    where events.event_type = 'document_edit' and events.document_word_count is not null
    window document as (partition by events.document_id order by events.event_at, events.event_id collate "C")
),

falls as materialized (
    select
        *,
        previous_count - document_word_count as lost_words,
        count(*) over (partition by document_id) as document_falls
    from edits
    where
        previous_count >= metrics.threshold('content_collapse', 'words')::integer
        and previous_count - document_word_count
        > previous_count * metrics.threshold('content_collapse', 'share_lost')::double precision
        and coalesce(
            next_count - document_word_count
            <= (previous_count - document_word_count)
            * metrics.threshold('content_collapse', 'share_lost')::double precision,
            true
        )
),

medians as (
    select
        document_id,
        count(*) as changes,
        array_agg(abs(document_word_count - previous_count)) as changed_words,
        percentile_cont(0.5) within group (order by abs(document_word_count - previous_count))
            as median_change
    from edits
    where previous_count is not null and document_id in (select falls.document_id from falls)
    group by document_id
),

collapses as (
    select
        falls.*,
        -- The index has no users either. Here the document and the instant identify one edit of the table.
        coalesce(
            falls.user_id,
            (
                select events.user_id
                from public.events
                where
                    events.document_id = falls.document_id
                    and events.event_type = 'document_edit'
                    and events.document_word_count is not null
                    and events.event_at = falls.event_at
            )
        ) as editor
    from falls
    inner join medians on falls.document_id = medians.document_id
    cross join
        lateral (
            select
                metrics.robust_spread(
                    medians.median_change,
                    percentile_cont(0.5) within group (order by abs(changed - medians.median_change))
                ) as spread
            from unnest(medians.changed_words) as changed
        ) as usual
    where
        falls.document_falls <= metrics.threshold('content_collapse', 'most_falls')
        and (
            medians.changes < metrics.threshold('content_collapse', 'changes')
            or (falls.lost_words - medians.median_change) / usual.spread
            > metrics.threshold('content_collapse', 'spreads')
        )
)

select
    'content_collapse' as anomaly_type,
    case when document_word_count = 0 then 'critical' else 'warning' end as severity,
    'document' as subject_type,
    document_id as subject_id,
    event_at as observed_at,
    document_word_count::numeric as observed,
    previous_count::numeric as expected,
    format(
        'Document %s fell from %s words to %s in one edit by %s at %s UTC.',
        document_id, previous_count, document_word_count, editor,
        to_char(event_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
    ) as explanation
from collapses;

comment on view metrics.content_collapses is
'Edits that take away most of the words that the previous edit with a word count had left, far more than an '
'edit of the document usually changes, and that the next one does not undo; by the thresholds of '
'content_collapse.';
comment on column metrics.content_collapses.anomaly_type is 'Always content_collapse.';
comment on column metrics.content_collapses.severity is
'critical if no word remains, else warning.';
comment on column metrics.content_collapses.subject_type is 'Always document.';
comment on column metrics.content_collapses.subject_id is 'The document.';
comment on column metrics.content_collapses.observed_at is 'Time of the edit.';
comment on column metrics.content_collapses.observed is 'Words after the edit.';
comment on column metrics.content_collapses.expected is 'Words before the edit.';
comment on column metrics.content_collapses.explanation is
'One sentence that says what was seen and what is usual.';
