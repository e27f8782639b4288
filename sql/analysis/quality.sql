-- One row per run, of the last five runs, latest first: its counts, its quarantine by reason, its error.
-- The counts of a failed run are null, because nothing of it was kept. In the quarantine by reason a record
-- counts once for each of its reasons.
with last_runs as (
    select *
    from ops.pipeline_runs
    order by run_id desc
    limit 5
),

reason_counts as (
    select
        quarantined_records.run_id,
        reasons.reason,
        count(*) as record_count
    from ops.quarantined_records
    inner join last_runs on quarantined_records.run_id = last_runs.run_id
    cross join unnest(quarantined_records.reasons) as reasons (reason)
    group by quarantined_records.run_id, reasons.reason
),

reason_lists as (
    select
        run_id,
        string_agg(reason || ' ' || record_count, ', ' order by record_count desc, reason collate "C" asc)
            as reasons
    from reason_counts
    group by run_id
)

select
    last_runs.run_id,
    last_runs.status,
    last_runs.records,
    last_runs.blank,
    last_runs.ignored,
    last_runs.quarantined,
    last_runs.accepted,
    last_runs.exact_duplicates,
    last_runs.superseded,
    last_runs.published,
    reason_lists.reasons as quarantined_by_reason,
    left(last_runs.error, 200) as error
from last_runs
left join reason_lists on last_runs.run_id = reason_lists.run_id
order by last_runs.run_id desc;
