"""The comment that PostgreSQL shows for each key, by schema, table and name. It says what the key guarantees."""

KEYS: dict[str, dict[str, str]] = {
    "public.users": {"users_pkey": "One row per user."},
    "public.documents": {
        "documents_pkey": "One row per document.",
        "documents_first_seen_by_fkey": "Who acted in the first event of a document is a user.",
        "documents_last_edited_by_fkey": "Who made the latest edit is a user.",
    },
    "public.sessions": {
        "sessions_pkey": "One row per session.",
        "sessions_session_id_user_id_key": "Events refer to it, so that none sits in a session of somebody else.",
        "sessions_user_id_fkey": "A session is that of a user.",
    },
    "public.event_types": {"event_types_pkey": "One row per event type."},
    "public.events": {
        "events_pkey": "An event is published once, however often it was delivered.",
        "events_user_id_fkey": "Who acted is a user.",
        "events_document_id_fkey": "What an event is about is a document.",
        "events_session_id_user_id_fkey": "An event sits in a session of the user who acted.",
        "events_event_type_fkey": "No event has a type without a row.",
        "events_file_id_fkey": "Each event can be traced to a reading of a file.",
    },
    "public.share_recipients": {
        "share_recipients_pkey": "Nobody receives one share twice.",
        "share_recipients_event_id_fkey": "No recipient outlives the event.",
        "share_recipients_user_id_fkey": "Who receives is a user.",
    },
    "public.event_properties": {
        "event_properties_pkey": "An event has one set of properties.",
        "event_properties_event_id_fkey": "No properties outlive the event.",
    },
    "ops.pipeline_runs": {"pipeline_runs_pkey": "One row per run."},
    "ops.ingested_files": {
        "ingested_files_pkey": "One row per reading of a file.",
        "ingested_files_part_of_file_id_fkey": "A part belongs to a reading of the whole file.",
        "ingested_files_read_again_as_fkey": "A reading that was replaced names the reading that replaced it.",
        "ingested_files_run_id_fkey": "A reading is that of a run.",
    },
    "ops.mappings": {"mappings_pkey": "One row per name and text of a mapping."},
    "ops.quarantined_records": {
        "quarantined_records_pkey": "A record of a reading is quarantined once.",
        "quarantined_records_file_id_fkey": "It stands in a reading of a file.",
        "quarantined_records_run_id_fkey": "A run quarantined it.",
        "quarantined_records_recovered_by_run_id_fkey": "A run recovered it.",
    },
    "ops.quarantine_problems": {
        "quarantine_problems_key": "A problem of a record stands once, also one of the whole record.",
        "quarantine_problems_record_fkey": "No problem outlives its record.",
    },
    "ops.superseded_records": {
        "superseded_records_pkey": "A version of an event is kept once.",
        "superseded_records_file_id_fkey": "It came in a reading of a file.",
        "superseded_records_run_id_fkey": "A run received it first.",
    },
    "ops.duplicate_records": {
        "duplicate_records_pkey": "A record of a reading repeats one version.",
        "duplicate_records_file_id_fkey": "It stands in a reading of a file.",
    },
    "ops.held_back_files": {
        "held_back_files_pkey": "A file is held back once.",
        "held_back_files_run_id_fkey": "A run holds it back.",
    },
    "ops.empty_input_folders": {"empty_input_folders_pkey": "One row per folder."},
    "ops.unmapped_fields": {
        "unmapped_fields_pkey": "One row per name in the records of a source.",
        "unmapped_fields_first_run_id_fkey": "A run found it first.",
        "unmapped_fields_last_run_id_fkey": "A run found it last.",
    },
    "ops.metric_restatements": {
        "metric_restatements_pkey": "A run restates a number of a day once.",
        "metric_restatements_run_id_fkey": "A run restated it.",
    },
    "ops.check_results": {
        "check_results_pkey": "A check has one result in a run.",
        "check_results_run_id_fkey": "A run was checked.",
    },
    "ops.erased_identifiers": {"erased_identifiers_pkey": "An id, or a name, is erased once."},
    "ops.findings": {
        "findings_pkey": "A finding has a number, by which it is acknowledged.",
        "findings_key": "A subject of a kind has one finding a day.",
    },
    "ops.migrations": {"migrations_pkey": "A migration is applied once."},
}
