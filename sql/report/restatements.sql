-- The last 50 published daily numbers that a run changed: ops.metric_restatements, the latest run first.
select
    run_id,
    metric,
    activity_date,
    old_value,
    new_value,
    new_value - old_value as change,
    cause
from ops.metric_restatements
order by run_id desc, activity_date desc, metric collate "C" asc
limit 50;
