-- The run's own row: the sums over its files.
with totals as (
    select
        run_id,
        sum(records) as records,
        sum(blank) as blank,
        sum(quarantined) as quarantined,
        sum(accepted) as accepted,
        sum(exact_duplicates) as exact_duplicates,
        sum(superseded) as superseded,
        sum(published) as published,
        sum(replaced) as replaced
    from ops.ingested_files
    group by run_id
)

update ops.pipeline_runs set
    status = 'succeeded',
    finished_at = clock_timestamp(),
    records = totals.records,
    blank = totals.blank,
    quarantined = totals.quarantined,
    accepted = totals.accepted,
    exact_duplicates = totals.exact_duplicates,
    superseded = totals.superseded,
    published = totals.published,
    replaced = totals.replaced
from totals
where pipeline_runs.status = 'running' and pipeline_runs.run_id = totals.run_id;
