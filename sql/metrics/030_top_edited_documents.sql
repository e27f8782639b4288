-- The documents with the most edits. Up to ten rows, one per document; ties are broken by document_id.
create or replace view metrics.top_edited_documents as
with edits as (
    select
        document_id,
        count(*) as edit_count
    from public.events
    where event_type = 'document_edit'
    group by document_id
),

ranked as (
    select
        document_id,
        edit_count,
        row_number() over (order by edit_count desc, document_id collate "C") as rank
    from edits
    order by rank
    limit 10
),

-- These columns are costly, so they are computed for the ten documents only.
details as (
    select
        ranked.document_id,
        count(distinct events.user_id) as editor_count,
        sum(events.edit_length) as total_edit_length,
        max(events.event_at) as last_edited_at
    from ranked
    inner join public.events on ranked.document_id = events.document_id
    where events.event_type = 'document_edit'
    group by ranked.document_id
)

select
    ranked.rank,
    ranked.document_id,
    documents.title,
    ranked.edit_count,
    details.editor_count,
    details.total_edit_length,
    details.last_edited_at
from ranked
inner join details on ranked.document_id = details.document_id
inner join public.documents on ranked.document_id = documents.document_id
order by ranked.rank;

comment on view metrics.top_edited_documents is
'The documents with the most edits, up to ten rows, ranked by number of edits; ties by document_id bytewise.';
comment on column metrics.top_edited_documents.rank is '1 is the most edited.';
comment on column metrics.top_edited_documents.document_id is 'The document.';
comment on column metrics.top_edited_documents.title is 'Latest known title.';
comment on column metrics.top_edited_documents.edit_count is 'Number of document_edit events.';
comment on column metrics.top_edited_documents.editor_count is 'Distinct users who edited it.';
comment on column metrics.top_edited_documents.total_edit_length is
'Sum of edit_length over its edits, in the producer''s unit; null if no edit states one.';
comment on column metrics.top_edited_documents.last_edited_at is 'Time of its latest edit.';
