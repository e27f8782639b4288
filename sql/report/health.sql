-- ops.health, with the sums over the current readings of the files, and the number of restatements. One row.
with totals as (
    select
        count(*) filter (where part_of_file_id is null) as files,
        coalesce(sum(records), 0) as records,
        coalesce(sum(blank), 0) as blank,
        coalesce(sum(ignored), 0) as ignored,
        coalesce(sum(quarantined), 0) as quarantined,
        coalesce(sum(accepted), 0) as accepted,
        coalesce(sum(exact_duplicates), 0) as exact_duplicates,
        coalesce(sum(superseded), 0) as superseded,
        coalesce(sum(published), 0) as published
    from ops.ingested_files
    where is_current and format <> 'replay'
),

restatements as (
    select
        count(*) as restatements,
        count(distinct activity_date) as restated_days,
        count(distinct run_id) as restating_runs
    from ops.metric_restatements
)

select
    health.last_success_at,
    health.newest_event_at,
    health.open_quarantined_records,
    health.files_not_closing,
    health.empty_input_folders,
    totals.*,
    restatements.restatements,
    restatements.restated_days,
    restatements.restating_runs
from ops.health as health
cross join totals
cross join restatements;
