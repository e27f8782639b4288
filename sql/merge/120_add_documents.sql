-- Adds documents whose first events arrive. Other documents are changed in 200.
insert into public.documents ({documents_columns})
select {documents_columns}
from {staging}.documents
on conflict (document_id) do nothing;
