-- Documents whose first events arrive. Others follow in 200.
insert into public.documents (
    document_id,
    title,
    first_seen_at,
    first_seen_by,
    last_edited_by,
    last_edited_at,
    word_count
)
select
    document_id,
    title,
    first_seen_at,
    first_seen_by,
    last_edited_by,
    last_edited_at,
    word_count
from {staging}.documents
on conflict (document_id) do nothing;
