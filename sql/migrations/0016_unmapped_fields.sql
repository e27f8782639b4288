-- What records hold and no path of their mapping reads: a field that a producer adds is told by its name.
create table ops.unmapped_fields (
    source text collate "C" not null,
    name text collate "C" not null,
    records bigint not null,
    first_run_id bigint not null,
    last_run_id bigint not null,
    constraint unmapped_fields_pkey primary key (source, name),
    constraint unmapped_fields_first_run_id_fkey foreign key (first_run_id)
    references ops.pipeline_runs (run_id),
    constraint unmapped_fields_last_run_id_fkey foreign key (last_run_id)
    references ops.pipeline_runs (run_id),
    constraint unmapped_fields_records_positive check (records > 0),
    constraint unmapped_fields_runs_in_order check (first_run_id <= last_run_id)
);
