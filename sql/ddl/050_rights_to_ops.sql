-- The rights of the loader in ops, except for those to its tables: it uses the schemas, reads the applied
-- migrations, refers to files, and takes new file ids.
grant usage on schema ops, metrics to document_events_loader;

grant select on ops.migrations to document_events_loader;

grant references on ops.ingested_files to document_events_loader;

grant usage on sequence ops.ingested_files_file_id_seq to document_events_loader;
