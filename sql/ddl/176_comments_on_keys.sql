-- The comments on keys, which say what each key guarantees. They are written from schemas/keys.py.
comment on constraint users_pkey on public.users is 'One row per user.';

comment on constraint documents_pkey on public.documents is 'One row per document.';
comment on constraint documents_first_seen_by_fkey on public.documents is
'Who acted in the first event of a document is a user.';
comment on constraint documents_last_edited_by_fkey on public.documents is
'Who made the latest edit is a user.';

comment on constraint sessions_pkey on public.sessions is 'One row per session.';
comment on constraint sessions_session_id_user_id_key on public.sessions is
'Events refer to it, so that none sits in a session of somebody else.';
comment on constraint sessions_user_id_fkey on public.sessions is 'A session is that of a user.';

comment on constraint event_types_pkey on public.event_types is 'One row per event type.';

comment on constraint events_pkey on public.events is
'An event is published once, however often it was delivered.';
comment on constraint events_user_id_fkey on public.events is 'Who acted is a user.';
comment on constraint events_document_id_fkey on public.events is 'What an event is about is a document.';
comment on constraint events_session_id_user_id_fkey on public.events is
'An event sits in a session of the user who acted.';
comment on constraint events_event_type_fkey on public.events is 'No event has a type without a row.';
comment on constraint events_file_id_fkey on public.events is
'Each event can be traced to a reading of a file.';

comment on constraint share_recipients_pkey on public.share_recipients is 'Nobody receives one share twice.';
comment on constraint share_recipients_event_id_fkey on public.share_recipients is
'No recipient outlives the event.';
comment on constraint share_recipients_user_id_fkey on public.share_recipients is 'Who receives is a user.';

comment on constraint event_properties_pkey on public.event_properties is
'An event has one set of properties.';
comment on constraint event_properties_event_id_fkey on public.event_properties is
'No properties outlive the event.';

comment on constraint pipeline_runs_pkey on ops.pipeline_runs is 'One row per run.';

comment on constraint ingested_files_pkey on ops.ingested_files is 'One row per reading of a file.';
comment on constraint ingested_files_part_of_file_id_fkey on ops.ingested_files is
'A part belongs to a reading of the whole file.';
comment on constraint ingested_files_read_again_as_fkey on ops.ingested_files is
'A reading that was replaced names the reading that replaced it.';
comment on constraint ingested_files_run_id_fkey on ops.ingested_files is 'A reading is that of a run.';

comment on constraint mappings_pkey on ops.mappings is 'One row per name and text of a mapping.';

comment on constraint quarantined_records_pkey on ops.quarantined_records is
'A record of a reading is quarantined once.';
comment on constraint quarantined_records_file_id_fkey on ops.quarantined_records is
'It stands in a reading of a file.';
comment on constraint quarantined_records_run_id_fkey on ops.quarantined_records is 'A run quarantined it.';
comment on constraint quarantined_records_recovered_by_run_id_fkey on ops.quarantined_records is
'A run recovered it.';

comment on constraint quarantine_problems_key on ops.quarantine_problems is
'A problem of a record stands once, also one of the whole record.';
comment on constraint quarantine_problems_record_fkey on ops.quarantine_problems is
'No problem outlives its record.';

comment on constraint superseded_records_pkey on ops.superseded_records is
'A version of an event is kept once.';
comment on constraint superseded_records_file_id_fkey on ops.superseded_records is
'It came in a reading of a file.';
comment on constraint superseded_records_run_id_fkey on ops.superseded_records is 'A run received it first.';

comment on constraint duplicate_records_pkey on ops.duplicate_records is
'A record of a reading repeats one version.';
comment on constraint duplicate_records_file_id_fkey on ops.duplicate_records is
'It stands in a reading of a file.';

comment on constraint held_back_files_pkey on ops.held_back_files is 'A file is held back once.';
comment on constraint held_back_files_run_id_fkey on ops.held_back_files is 'A run holds it back.';

comment on constraint empty_input_folders_pkey on ops.empty_input_folders is 'One row per folder.';

comment on constraint unmapped_fields_pkey on ops.unmapped_fields is
'One row per name in the records of a source.';
comment on constraint unmapped_fields_first_run_id_fkey on ops.unmapped_fields is 'A run found it first.';
comment on constraint unmapped_fields_last_run_id_fkey on ops.unmapped_fields is 'A run found it last.';

comment on constraint metric_restatements_pkey on ops.metric_restatements is
'A run restates a number of a day once.';
comment on constraint metric_restatements_run_id_fkey on ops.metric_restatements is 'A run restated it.';

comment on constraint check_results_pkey on ops.check_results is 'A check has one result in a run.';
comment on constraint check_results_run_id_fkey on ops.check_results is 'A run was checked.';

comment on constraint erased_identifiers_pkey on ops.erased_identifiers is
'An id, or a name, is erased once.';

comment on constraint findings_pkey on ops.findings is 'A finding has a number, by which it is acknowledged.';
comment on constraint findings_key on ops.findings is 'A subject of a kind has one finding a day.';

comment on constraint migrations_pkey on ops.migrations is 'A migration is applied once.';
