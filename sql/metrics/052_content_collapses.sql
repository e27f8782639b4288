-- A document that loses most of its words in one edit, and does not get them back. One row per such edit.
-- Compared are neighbours among the edits that carry a word count, in order of (event_at, event_id). Three
-- things must hold:
-- 1. The edit takes away more than a share of the words that the edit before left.
-- 2. The next edit, if there is one, does not bring back more than that share of them: that is an undo.
-- 3. The fall lies several spreads above what an edit of this document usually changes, up or down. A
--    document of fewer than three changes has no such measure yet: the fall itself would be half of it.
-- To put all edits into that order would take seconds, so the few documents in question are found first.
create or replace view metrics.content_collapses as
-- No edit takes away more than lies between the highest and the lowest count of its document. These two are
-- one read of an index; to look at the neighbours costs five times as much for each edit.
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

neighbours as (
    select
        events.document_id,
        events.event_at,
        events.document_word_count,
        lag(events.document_word_count) over document as previous_count,
        lag(events.event_at) over document as previous_at
    from unsteady_documents
    inner join public.events on unsteady_documents.document_id = events.document_id
    where events.event_type = 'document_edit' and events.document_word_count is not null
    window document as (partition by events.document_id order by events.event_at)
),

-- The index has no ids. Where two edits share an instant, who follows whom is not known yet.
suspects as (
    select distinct document_id
    from neighbours
    where
        (
            previous_count >= metrics.threshold('content_collapse', 'words')::integer
            and previous_count - document_word_count
            > previous_count * metrics.threshold('content_collapse', 'share_lost')::double precision
        )
        or previous_at = event_at
),

-- lateral, so that only these documents' edits are read, through the index on edits.
edits as (
    select
        suspects.document_id,
        ordered.event_at,
        ordered.user_id,
        ordered.document_word_count,
        ordered.previous_count,
        ordered.next_count
    from suspects
    cross join
        lateral (
            select
                events.event_at,
                events.user_id,
                events.document_word_count,
                lag(events.document_word_count) over document as previous_count,
                lead(events.document_word_count) over document as next_count
            from public.events
            where
                events.document_id = suspects.document_id
                and events.event_type = 'document_edit'
                and events.document_word_count is not null
            window document as (order by events.event_at, events.event_id collate "C")
        ) as ordered
),

falls as (
    select
        *,
        previous_count - document_word_count as lost_words
    from edits
    where
        previous_count >= metrics.threshold('content_collapse', 'words')
        and previous_count - document_word_count
        > previous_count * metrics.threshold('content_collapse', 'share_lost')
        and coalesce(
            next_count - document_word_count
            <= (previous_count - document_word_count) * metrics.threshold('content_collapse', 'share_lost'),
            true
        )
),

changes as (
    select
        document_id,
        abs(document_word_count - previous_count) as changed_words
    from edits
    where previous_count is not null and document_id in (select falls.document_id from falls)
),

medians as (
    select
        document_id,
        count(*) as changes,
        percentile_cont(0.5) within group (order by changed_words) as median_change
    from changes
    group by document_id
),

usual as (
    select
        medians.document_id,
        medians.changes,
        medians.median_change,
        metrics.robust_spread(
            medians.median_change,
            percentile_cont(0.5) within group (order by abs(changes.changed_words - medians.median_change))
        ) as spread
    from medians
    inner join changes on medians.document_id = changes.document_id
    group by medians.document_id, medians.changes, medians.median_change
)

select
    'content_collapse' as anomaly_type,
    case when falls.document_word_count = 0 then 'critical' else 'warning' end as severity,
    'document' as subject_type,
    falls.document_id as subject_id,
    falls.event_at as observed_at,
    falls.document_word_count::numeric as observed,
    falls.previous_count::numeric as expected,
    format(
        'Document %s fell from %s words to %s in one edit by %s at %s UTC.',
        falls.document_id, falls.previous_count, falls.document_word_count, falls.user_id,
        to_char(falls.event_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
    ) as explanation
from falls
inner join usual on falls.document_id = usual.document_id
where
    usual.changes < 3
    or (falls.lost_words - usual.median_change) / usual.spread
    > metrics.threshold('content_collapse', 'spreads');

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
