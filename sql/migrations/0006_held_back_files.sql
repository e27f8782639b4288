-- One row per file that the quality gate holds back: nothing of it is loaded until it is mended or accepted.
create table ops.held_back_files (
    file_path text constraint held_back_files_pkey primary key,
    size_bytes bigint not null,
    modified_at timestamptz not null,
    source text not null,
    mapping_hash text not null,
    records bigint not null,
    quarantined bigint not null,
    why text not null,
    run_id bigint not null
    constraint held_back_files_run_id_fkey references ops.pipeline_runs (run_id),
    held_back_at timestamptz not null default now(),
    constraint held_back_files_counts_agree check (quarantined between 1 and records)
);
