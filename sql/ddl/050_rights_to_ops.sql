-- What the loader needs in ops beside its tables: the schemas, the applied migrations, the numbers of files.
grant usage on schema ops, metrics to document_events_loader;

grant select on ops.migrations to document_events_loader;

grant references on ops.ingested_files to document_events_loader;

grant usage on sequence ops.ingested_files_file_id_seq to document_events_loader;
