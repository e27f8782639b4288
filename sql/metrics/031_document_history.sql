-- The words of a document over time. One row per edit that has a word count; other edits are left out. The
-- words before an edit are those after the previous edit with a count, in order of (event_at, event_id).

-- lateral, so that a query for a few documents reads the index on edits instead of all events.
create or replace view metrics.document_history as
select
    documents.document_id,
    documents.title,
    edits.event_id,
    edits.event_at,
    metrics.business_day(edits.event_at, edits.event_date) as activity_date,
    edits.user_id,
    users.name as user_name,
    edits.words_before,
    edits.words_after
from public.documents
cross join
    lateral (
        select
            events.event_id,
            events.event_at,
            events.event_date,
            events.user_id,
            events.document_word_count as words_after,
            lag(events.document_word_count) over (
                order by events.event_at, events.event_id collate "C" -- noqa: RF03
            ) as words_before
        from public.events
        where
            events.document_id = documents.document_id
            and events.event_type = 'document_edit'
            and events.document_word_count is not null
    ) as edits
inner join public.users on edits.user_id = users.user_id;

comment on view metrics.document_history is
'Words of each document before and after each edit that carries a word count; one row per such edit. Read it '
'by document: all of it is as long as the log.';
comment on column metrics.document_history.document_id is 'The document.';
comment on column metrics.document_history.title is 'Latest known title.';
comment on column metrics.document_history.event_id is 'The edit.';
comment on column metrics.document_history.event_at is 'Time of the edit.';
comment on column metrics.document_history.activity_date is 'Day of the edit in the business time zone.';
comment on column metrics.document_history.user_id is 'Who made the edit.';
comment on column metrics.document_history.user_name is 'Latest known name.';
comment on column metrics.document_history.words_before is
'Words after the previous edit with a count; null for the first one, since the document may be older than '
'the log.';
comment on column metrics.document_history.words_after is 'Words after the edit.';
