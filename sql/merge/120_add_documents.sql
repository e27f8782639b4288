-- Documents whose first events arrive. Others follow in 200.
insert into public.documents ({documents_columns})
select {documents_columns}
from {staging}.documents
on conflict (document_id) do nothing;
