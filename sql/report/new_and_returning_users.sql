-- metrics.new_and_returning_users: one row per day of the last 30 on which anybody acted.
select
    new_and_returning.activity_date,
    new_and_returning.new_users,
    new_and_returning.returning_users
from metrics.new_and_returning_users as new_and_returning
inner join metrics.daily_active_users as reported on new_and_returning.activity_date = reported.activity_date
order by new_and_returning.activity_date;
