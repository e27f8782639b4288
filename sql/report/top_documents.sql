-- metrics.top_edited_documents: up to ten rows, one per document.
select
    rank,
    document_id,
    title,
    edit_count,
    editor_count,
    total_edit_length,
    last_edited_at
from metrics.top_edited_documents
order by rank;
