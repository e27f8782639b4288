-- The ten rows of metrics.documents_with_several_editors with the most editors. Each also has the number of
-- all such documents.
select
    document_id,
    title,
    editor_count,
    edit_count,
    last_edited_at,
    count(*) over () as documents_with_several_editors
from metrics.documents_with_several_editors
order by editor_count desc, edit_count desc, document_id collate "C" asc
limit 10;
