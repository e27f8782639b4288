-- The comments on the tables about files that were not loaded.
comment on table ops.held_back_files is
'Files that the quality gate holds back, since too many of their records would be quarantined; one row per '
'file. '
'A file is read again once it or its mapping has changed, or by make accept.';
comment on column ops.held_back_files.file_path is 'Absolute URI of the file.';
comment on column ops.held_back_files.size_bytes is 'Size of the file in bytes when it was held back.';
comment on column ops.held_back_files.modified_at is
'When the file was last changed, as seen when it was held back.';
comment on column ops.held_back_files.source is 'Source file whose mapping it was read by.';
comment on column ops.held_back_files.mapping_hash is 'Hash of that mapping.';
comment on column ops.held_back_files.records is 'Its records, blank ones left out.';
comment on column ops.held_back_files.quarantined is 'Those of them that would be quarantined.';
comment on column ops.held_back_files.why is
'The same as a sentence, with the reasons, how many records each quarantined, and which is the first.';
comment on column ops.held_back_files.run_id is 'Run that held it back.';
comment on column ops.held_back_files.held_back_at is 'When that run began to publish.';

comment on table ops.empty_input_folders is
'Input folders in which a run found nothing, though files had been loaded before; one row per folder. The '
'row goes when a run finds files there again.';
comment on column ops.empty_input_folders.folder is 'URI of the folder.';
comment on column ops.empty_input_folders.found_empty_at is
'When nothing was found there for the first time.';

comment on table ops.unmapped_fields is
'What records hold and no path of their mapping reads; one row per mapping file and name, at most 200 per '
'mapping file. A row goes when a run reads the name.';
comment on column ops.unmapped_fields.source is 'Name of the mapping file, without its ending.';
comment on column ops.unmapped_fields.name is 'What is not read, written as a path of a mapping.';
comment on column ops.unmapped_fields.records is
'How many records have had it in the runs since first_run_id; one that is read again counts again.';
comment on column ops.unmapped_fields.first_run_id is
'Run that found it first, or the full refresh that counted from the start again.';
comment on column ops.unmapped_fields.last_run_id is 'Latest run that found it.';
