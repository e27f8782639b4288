-- One row when what was read back from the published tables is not what was staged again: every event of a
-- affected session is either still there or was replaced. An erasure loads superseded records again too, and
-- no file replaces any. None when all is well.
with erasures as (
    select run_id
    from ops.pipeline_runs
    where run_id = {run_id} and kind = 'erase'
),

counted as (
    select
        (
            select count(*) from {staging}.history
            where previous_verdict = 'published' or exists (select from erasures)
        ) as read_back,
        (
            select count(*) from {staging}.events
            where run_id <> {run_id}
        ) as still_published,
        (
            select count(*) from {staging}.superseded_records
            where run_id <> {run_id}
        ) as replaced,
        (select coalesce(sum(replaced_rows), 0) from {staging}.arrivals) as replaced_by_files
)

select
    read_back,
    still_published,
    replaced,
    replaced_by_files
from counted
where
    read_back <> still_published + replaced
    or (replaced <> replaced_by_files and not exists (select from erasures));
