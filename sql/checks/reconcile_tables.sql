-- severity: error
-- One row when the ledger and the tables disagree: what the readings since the last full refresh published,
-- less what they replaced, is the number of events; what they superseded or replaced stands in
-- ops.superseded_records.
with last_refresh as (
    select coalesce(max(run_id), 0) as run_id
    from ops.pipeline_runs
    where kind = 'full_refresh' and status = 'succeeded'
),

ledger as (
    select
        coalesce(sum(ingested_files.published) - sum(ingested_files.replaced), 0)
            as expected_events,
        coalesce(sum(ingested_files.superseded) + sum(ingested_files.replaced), 0)
            as expected_superseded_records
    from ops.ingested_files
    cross join last_refresh
    where
        ingested_files.run_id >= last_refresh.run_id
),

counted as (
    select
        (
            select count(*) from public.events
        ) as events,
        (
            select count(*) from ops.superseded_records
        ) as superseded_records
)

select
    ledger.expected_events,
    counted.events,
    ledger.expected_superseded_records,
    counted.superseded_records
from ledger
cross join counted
where
    ledger.expected_events <> counted.events
    or ledger.expected_superseded_records <> counted.superseded_records;
