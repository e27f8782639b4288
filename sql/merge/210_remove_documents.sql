-- Removes affected documents that no event names any more.
delete from public.documents using {staging}.affected_documents
where
    documents.document_id = affected_documents.document_id
    and not exists (
        select from public.events
        where events.document_id = documents.document_id
    );
