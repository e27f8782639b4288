-- One row per input folder in which nothing was found, though files had been loaded before.
create table ops.empty_input_folders (
    folder text constraint empty_input_folders_pkey primary key,
    found_empty_at timestamptz not null default now()
);
