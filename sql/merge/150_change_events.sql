-- Events of which another version is published now, or that belong to another session, or that a current
-- reading holds now and did not before, or the other way round. Where an event stands at another place of
-- the input now, its provenance follows. It stays as it is where only the same content was read again.
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
