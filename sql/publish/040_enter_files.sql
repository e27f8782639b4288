-- A reading of a whole file takes the place of the earlier ones of this file. New lines of a file, and the
-- replayed records of one, are a part of its reading, which stays.
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

-- What a closed reading had read again itself is now held by the new one.
update ops.ingested_files set read_again_as = closing_readings.read_again_as
from {staging}.closing_readings
where
    closing_readings.read_again_as is not null
    and closing_readings.file_id in (ingested_files.file_id, ingested_files.read_again_as);
