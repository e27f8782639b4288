-- Completes the run's row with the sums over its files. `kept` is set by a full refresh only: it counts the
-- events of readings that it could not read again.
with totals as (
    select
        coalesce(sum(records), 0) as records,
        coalesce(sum(blank), 0) as blank,
        coalesce(sum(ignored), 0) as ignored,
        coalesce(sum(quarantined), 0) as quarantined,
        coalesce(sum(accepted), 0) as accepted,
        coalesce(sum(exact_duplicates), 0) as exact_duplicates,
        coalesce(sum(superseded), 0) as superseded,
        coalesce(sum(published), 0) as published,
        coalesce(sum(replaced), 0) as replaced
    from ops.ingested_files
    where run_id = {run_id}
)

update ops.pipeline_runs set
    status = 'succeeded',
    finished_at = clock_timestamp(),
    records = totals.records,
    blank = totals.blank,
    ignored = totals.ignored,
    quarantined = totals.quarantined,
    accepted = totals.accepted,
    exact_duplicates = totals.exact_duplicates,
    superseded = totals.superseded,
    published = totals.published,
    replaced = totals.replaced,
    kept = case
        when pipeline_runs.kind = 'full_refresh' then (
            select count(*) from {run_events} as run_events
            where run_events.run_id <> {run_id}
        )
    end
from totals
where pipeline_runs.run_id = {run_id};
