-- One row per day of metrics.daily_active_users, with its weekday.
select
    activity_date,
    to_char(activity_date, 'FMDay') as day_of_week,
    active_users
from metrics.daily_active_users
order by activity_date;
