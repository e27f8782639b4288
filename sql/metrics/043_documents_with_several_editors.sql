-- Which documents several people write together. One row per document that more than one person edited.
create or replace view metrics.documents_with_several_editors as
with editors as (
    select
        document_id,
        count(distinct user_id) as editor_count,
        count(*) as edit_count
    from public.events
    where event_type = 'document_edit'
    group by document_id
    having min(user_id) <> max(user_id)
)

select
    editors.document_id,
    documents.title,
    editors.editor_count,
    editors.edit_count,
    documents.last_edited_at
from editors
inner join public.documents on editors.document_id = documents.document_id;

comment on view metrics.documents_with_several_editors is
'Documents that more than one person edited; one row per document.';
comment on column metrics.documents_with_several_editors.document_id is 'The document.';
comment on column metrics.documents_with_several_editors.title is 'Latest known title.';
comment on column metrics.documents_with_several_editors.editor_count is 'Distinct users who edited it.';
comment on column metrics.documents_with_several_editors.edit_count is 'Number of document_edit events.';
comment on column metrics.documents_with_several_editors.last_edited_at is 'Time of its latest edit.';
