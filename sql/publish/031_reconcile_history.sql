-- One row if the history, which was read back from the published tables, was not staged again completely.
-- There is no row when all is well. Two sums must close. First, every record of the history is published or
-- superseded again, unless no reading holds it any more. Second, the number of staged events is that of the
-- events in the history, plus those that the files published, less those that they replaced. The second sum
-- does not apply to a full refresh, whose history holds only what it keeps.
with counted as (
    select
        (
            select count(*) from {staging}.history
        ) as read_back,
        (
            select count(*) from {staging}.history
            where
                not history.is_held
                and not exists (
                    select from {staging}.duplicate_records
                    where
                        duplicate_records.event_id = history.event_id
                        and duplicate_records.content_fingerprint = history.content_fingerprint
                )
        ) as withdrawn,
        (
            select count(*) from {staging}.events
            where run_id <> {run_id}
        ) as still_published,
        (
            select count(*) from {staging}.superseded_records
            where run_id <> {run_id}
        ) as still_superseded,
        (
            select count(*) from {staging}.events
        ) as events,
        (
            select count(*) from {staging}.history
            where previous_verdict = 'published'
        ) as events_before,
        (select coalesce(sum(published_rows - replaced_rows), 0) from {staging}.arrivals) as events_added,
        (
            select kind = 'full_refresh' from ops.pipeline_runs
            where run_id = {run_id}
        ) as is_full_refresh
)

select
    read_back,
    withdrawn,
    still_published,
    still_superseded,
    events,
    events_before,
    events_added
from counted
where
    read_back <> withdrawn + still_published + still_superseded
    or (not is_full_refresh and events <> events_before + events_added);
