-- Who is active for the first time and who comes back. One row per business day on which anybody acted.
create or replace view metrics.new_and_returning_users as
with user_days as (
    select
        user_id,
        metrics.business_day(event_at, event_date) as activity_date
    from public.events
    group by user_id, metrics.business_day(event_at, event_date)
),

numbered as (
    select
        activity_date,
        row_number() over (partition by user_id order by activity_date) = 1 as is_new
    from user_days
)

select
    activity_date,
    count(*) filter (where is_new) as new_users,
    count(*) filter (where not is_new) as returning_users
from numbered
group by activity_date
order by activity_date;

comment on view metrics.new_and_returning_users is
'Active people by whether they acted before; one row per business day with an event. At the beginning of a '
'log everybody is new.';
comment on column metrics.new_and_returning_users.activity_date is 'Day in the business time zone.';
comment on column metrics.new_and_returning_users.new_users is
'Users whose first event, as the one who acts, lies on that day.';
comment on column metrics.new_and_returning_users.returning_users is
'Users who acted on that day and on an earlier one.';
