-- One row per file of the run: what Spark counted. It is compared with the rows that arrived. A replay reads
-- records of an earlier reading again, and `original_file_id` is that reading.
create table {staging}.file_counts (
    run_id bigint not null,
    file_id bigint not null,
    file_path text not null,
    size_bytes bigint not null,
    modified_at timestamptz not null,
    format text not null,
    source text not null,
    mapping_hash text not null,
    records bigint not null,
    blank bigint not null,
    ignored bigint not null,
    accepted bigint not null,
    exact_duplicates bigint not null,
    superseded bigint not null,
    original_file_id bigint,
    part_of_file_id bigint,
    content_bytes bigint,
    content_digest text
);
