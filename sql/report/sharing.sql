-- The ten rows of metrics.shared_documents_per_user that shared the most documents.
select
    user_id,
    user_name,
    shared_documents,
    share_events,
    recipients
from metrics.shared_documents_per_user
where share_events > 0
order by shared_documents desc, share_events desc, user_id collate "C" asc
limit 10;
