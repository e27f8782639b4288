-- One row when the ledger and the tables disagree: what the current readings published, less what they
-- replaced, is the number of events; what they superseded or replaced stands in ops.superseded_records.
with ledger as (
    select
        coalesce(sum(published) - sum(replaced), 0) as expected_events,
        coalesce(sum(superseded) + sum(replaced), 0) as expected_superseded_records
    from ops.ingested_files
    where is_current
),

counted as (
    select
        (select count(*) from public.events) as events,
        (select count(*) from ops.superseded_records) as superseded_records
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
