-- One row per weekday, Monday first: the average of metrics.daily_active_users over its days.
select
    to_char(activity_date, 'FMDay') as day_of_week,
    count(*) as days,
    round(avg(active_users), 1) as average_active_users,
    min(active_users) as fewest,
    max(active_users) as most
from metrics.daily_active_users
group by day_of_week, extract(isodow from activity_date)
order by extract(isodow from activity_date);
