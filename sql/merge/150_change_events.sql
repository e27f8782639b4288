-- Events that were replaced by a winner of the same id, or belong to another session now, or whose words are
-- counted by another rule. Where a full refresh finds an event at another place of the input, its provenance
-- follows; at the same place it keeps the run that brought it first.
update public.events set {events_changes}
from {staging}.events as staged
inner join ops.ingested_files as this_reading on staged.file_id = this_reading.file_id
cross join ops.ingested_files as first_reading
where
    events.event_id = staged.event_id
    and events.file_id = first_reading.file_id
    and (
        events.content_fingerprint <> staged.content_fingerprint
        or events.session_id <> staged.session_id
        or events.document_word_count is distinct from staged.document_word_count
        or events.record_number <> staged.record_number
        or first_reading.file_path <> this_reading.file_path
    );
