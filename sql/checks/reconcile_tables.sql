-- severity: error
-- One row if the ledger and public.events disagree about the number of events. By the ledger it is the number
-- of events that the readings since the last full refresh published, less those that they replaced. To this
-- come the events that the refresh kept of files that it could not read again.
with last_refresh as (
    select
        run_id,
        kept
    from ops.pipeline_runs
    where kind = 'full_refresh' and status = 'succeeded'
    order by run_id desc
    limit 1
),

ledger as (
    select
        coalesce(sum(published) - sum(replaced), 0)
        + coalesce((select last_refresh.kept from last_refresh), 0) as expected_events
    from ops.ingested_files
    where run_id >= coalesce((select last_refresh.run_id from last_refresh), 0)
),

counted as (
    select count(*) as events from public.events
)

select
    ledger.expected_events,
    counted.events
from ledger
cross join counted
where ledger.expected_events <> counted.events;
