-- A document that loses over 80 % of its words in one edit. One row per such edit.
-- Compared are neighbours among the edits that carry a word count, in order of (event_at, event_id).
create view metrics.content_collapses as
with edits as (
    select
        document_id,
        event_at,
        document_word_count,
        -- The largest count at the previous moment or at this very one. Ordering by event_id as well would
        -- sort every edit by a long text; an index on (document_id, event_at) gives this order for nothing.
        max(document_word_count) over (
            partition by document_id order by event_at
            groups between 1 preceding and current row
        ) as highest_count_before
    from public.events
    where event_type = 'document_edit' and document_word_count is not null
),

-- Everything that can be a collapse, whatever the order within one moment.
suspects as (
    select distinct
        document_id,
        event_at
    from edits
    where highest_count_before >= 20 and document_word_count * 5 < highest_count_before
),

collapsed_edits as (
    select
        events.event_id,
        events.event_at,
        events.user_id,
        events.document_id,
        events.document_word_count
    from suspects
    inner join public.events
        on suspects.document_id = events.document_id and suspects.event_at = events.event_at
    where events.event_type = 'document_edit' and events.document_word_count is not null
)

select
    'content_collapse' as anomaly_type,
    case
        when following.document_word_count * 5 >= previous.document_word_count * 4 then 'info'
        when collapsed_edits.document_word_count = 0 then 'critical'
        else 'warning'
    end as severity,
    'document' as subject_type,
    collapsed_edits.document_id as subject_id,
    collapsed_edits.event_at as observed_at,
    collapsed_edits.document_word_count::numeric as observed,
    previous.document_word_count::numeric as expected,
    format(
        'Document %s fell from %s words to %s in one edit by %s at %s UTC%s.',
        collapsed_edits.document_id, previous.document_word_count, collapsed_edits.document_word_count,
        collapsed_edits.user_id,
        to_char(collapsed_edits.event_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
        case
            when following.document_word_count * 5 >= previous.document_word_count * 4
                then format(' and was restored to %s by the next edit', following.document_word_count)
        end
    ) as explanation
from collapsed_edits
inner join lateral (
    select events.document_word_count
    from public.events
    where
        events.document_id = collapsed_edits.document_id
        and events.event_at <= collapsed_edits.event_at
        and (events.event_at, events.event_id collate "C")
        < (collapsed_edits.event_at, collapsed_edits.event_id collate "C")
        and events.event_type = 'document_edit'
        and events.document_word_count is not null
    order by events.event_at desc, events.event_id collate "C" desc
    limit 1
) as previous on true
left join lateral (
    select events.document_word_count
    from public.events
    where
        events.document_id = collapsed_edits.document_id
        and events.event_at >= collapsed_edits.event_at
        and (events.event_at, events.event_id collate "C")
        > (collapsed_edits.event_at, collapsed_edits.event_id collate "C")
        and events.event_type = 'document_edit'
        and events.document_word_count is not null
    order by events.event_at, events.event_id collate "C"
    limit 1
) as following on true
where
    previous.document_word_count >= 20
    and collapsed_edits.document_word_count * 5 < previous.document_word_count;

comment on view metrics.content_collapses is
'Edits that leave a document of at least 20 words with less than a fifth of what the previous edit with a '
'word count had left.';
comment on column metrics.content_collapses.anomaly_type is 'Always content_collapse.';
comment on column metrics.content_collapses.severity is
'info if the next edit restores at least 80 %, else critical if no word remains, else warning.';
comment on column metrics.content_collapses.subject_type is 'Always document.';
comment on column metrics.content_collapses.subject_id is 'The document.';
comment on column metrics.content_collapses.observed_at is 'Time of the edit.';
comment on column metrics.content_collapses.observed is 'Words after the edit.';
comment on column metrics.content_collapses.expected is 'Words before the edit.';
comment on column metrics.content_collapses.explanation is
'One sentence that says what was seen and what is usual.';
