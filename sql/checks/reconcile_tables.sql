-- severity: error
-- One row when the ledger and the tables disagree: what the readings since the last full refresh published,
-- less what they replaced, and what that refresh kept of readings that it could not read again, is the number
-- of events.
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
