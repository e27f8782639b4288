-- metrics.active_users: one row per day.
select
    activity_date,
    daily_active_users,
    weekly_active_users,
    monthly_active_users,
    stickiness
from metrics.active_users
order by activity_date;
