-- Enters the files of the run in the ledger. A reading of a whole file replaces the earlier readings of the
-- file. The new lines of a file, or its replayed records, become a part of its current reading, which stays.
update ops.ingested_files set is_current = false
from {staging}.closing_readings
where ingested_files.file_id = closing_readings.file_id;

insert into ops.ingested_files (
    file_id,
    file_path,
    size_bytes,
    modified_at,
    format,
    source,
    mapping_hash,
    records,
    blank,
    ignored,
    quarantined,
    accepted,
    exact_duplicates,
    superseded,
    published,
    replaced,
    run_id,
    is_current,
    part_of_file_id,
    content_bytes,
    content_digest
)
select
    file_id,
    file_path,
    size_bytes,
    modified_at,
    format,
    source,
    mapping_hash,
    records,
    blank,
    ignored,
    quarantined_rows,
    accepted,
    exact_duplicates,
    superseded_rows,
    published_rows,
    replaced_rows,
    run_id,
    true as is_current,
    part_of_file_id,
    content_bytes,
    content_digest
from {staging}.arrivals;

-- A closed reading may itself have read earlier ones again. From now on the new reading holds their content.
update ops.ingested_files set read_again_as = closing_readings.read_again_as
from {staging}.closing_readings
where
    closing_readings.read_again_as is not null
    and closing_readings.file_id in (ingested_files.file_id, ingested_files.read_again_as);
