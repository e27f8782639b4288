-- ops.check_results of the last run that was checked; one row per check, those that found something first.
with last_checked as (
    select max(run_id) as run_id
    from ops.check_results
)

select
    results.check_name,
    results.severity,
    results.findings,
    results.example::text as example
from ops.check_results as results
inner join last_checked on results.run_id = last_checked.run_id
order by
    results.findings = 0,
    results.severity collate "C" asc,
    results.check_name collate "C" asc;
