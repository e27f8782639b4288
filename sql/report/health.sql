-- ops.health, one row, beside the totals of what the current readings of the files hold.
with totals as (
    select
        count(*) as files,
        coalesce(sum(records), 0) as records,
        coalesce(sum(blank), 0) as blank,
        coalesce(sum(quarantined), 0) as quarantined,
        coalesce(sum(accepted), 0) as accepted,
        coalesce(sum(exact_duplicates), 0) as exact_duplicates,
        coalesce(sum(superseded), 0) as superseded,
        coalesce(sum(published), 0) as published
    from ops.ingested_files
    where is_current
)

select
    health.last_success_at,
    health.newest_event_at,
    health.open_quarantined_records,
    health.files_not_closing,
    totals.*
from ops.health as health
cross join totals;
