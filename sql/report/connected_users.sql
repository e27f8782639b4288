-- metrics.most_connected_users: up to ten rows, one per user.
select
    rank,
    user_id,
    user_name,
    connected_users,
    recipients,
    senders
from metrics.most_connected_users
order by rank;
