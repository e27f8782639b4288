-- Changes events that have another version, another session or another `is_current` now. An event that is now
-- at another place of the input also changes. If a run only reads the same content again, events keep the
-- file that first held them.
update public.events set {events_changes}
from {staging}.events as staged
cross join ops.ingested_files as first_reading
where
    events.event_id = staged.event_id
    and events.file_id = first_reading.file_id
    and (
        events.content_fingerprint <> staged.content_fingerprint
        or events.session_id <> staged.session_id
        or events.is_current <> staged.is_current
        or events.record_number <> staged.record_number
        or staged.file_id not in (first_reading.file_id, coalesce(first_reading.read_again_as, 0))
    );
