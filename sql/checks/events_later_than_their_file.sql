-- severity: warn
-- One row per file that has events of more than an hour after the file was last written. A time zone is
-- wrong, or the clock of the producer, or the clock of the machine with the file.
select
    ingested_files.file_path,
    ingested_files.modified_at,
    count(*) as late_events,
    max(events.event_at) as latest_event_at
from public.events
inner join ops.ingested_files on events.file_id = ingested_files.file_id
where events.event_at > ingested_files.modified_at + interval '1 hour'
group by ingested_files.file_path, ingested_files.modified_at
order by
    late_events desc,
    ingested_files.file_path collate "C" asc,
    ingested_files.modified_at asc;
