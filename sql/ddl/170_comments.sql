-- The comments on every schema, table and column of ours, with units, grain and time zone. The comments on
-- metrics are in the files of the metrics.
comment on schema ops is 'The ledger of the pipeline: runs, files, quarantined and superseded records.';
comment on schema metrics is 'Answers, one view each; rebuilt when their files have changed.';

comment on table public.users is 'People known from events, acting or receiving; one row per user.';
comment on column public.users.user_id is 'The platform''s id, bytewise.';
comment on column public.users.name is 'Latest name that an event stated; null if none did.';
comment on column public.users.email is 'Latest address that an event stated; null if none did.';
comment on column public.users.first_seen_at is 'First event of the user, acting or receiving.';
comment on column public.users.last_seen_at is 'Latest event of the user, acting or receiving.';

comment on table public.documents is 'Documents known from events; one row per document.';
comment on column public.documents.document_id is 'The platform''s id, bytewise.';
comment on column public.documents.title is 'Latest title that an event stated; null if none did.';
comment on column public.documents.first_seen_at is
'First event that names the document; the log has no creation event.';
comment on column public.documents.first_seen_by is
'Who acted in that first event; not necessarily its creator.';
comment on column public.documents.last_edited_by is 'Who made the latest edit; null if it was never edited.';
comment on column public.documents.last_edited_at is 'Time of the latest edit; null if it was never edited.';
comment on column public.documents.word_count is
'Words after the latest edit that carries a count; null if none does.';

comment on table public.sessions is
'Stretches of one user''s activity without a gap of more than 30 minutes, unless configured '
'otherwise; one row per session.';
comment on column public.sessions.session_id is
'Derived from user and start, so that it is the same in every load.';
comment on column public.sessions.user_id is 'Whose session it is.';
comment on column public.sessions.started_at is 'Time of its first event.';
comment on column public.sessions.ended_at is 'Time of its last event.';
comment on column public.sessions.session_duration_seconds is
'ended_at - started_at in seconds, exact to the microsecond; 0 for a single event.';
comment on column public.sessions.event_count is 'Number of its events.';
comment on column public.sessions.edit_count is 'Number of its events that are edits.';
comment on column public.sessions.comment_count is 'Number of its events that are comments.';
comment on column public.sessions.share_count is
'Number of its events that are shares, with people or by link.';
comment on column public.sessions.document_count is 'Number of different documents that its events name.';

comment on table public.event_types is
'Kinds of events; one row per type, of those that the catalogue knows and those that events have.';
comment on column public.event_types.event_type is 'The type as its events state it.';
comment on column public.event_types.description is
'When such an event happens; null where the catalogue does not know the type.';
comment on column public.event_types.is_known is
'Whether the catalogue knows the type; others come and go with their events.';
comment on column public.event_types.requires_document is
'Whether each event of the type has a document; a CHECK on events holds it.';

comment on table public.events is 'Everything that happened, each event once; one row per event_id.';
comment on column public.events.event_id is
'The producer''s id, or derived from the content where it has none.';
comment on column public.events.event_type is
'Kind of event, such as document_edit or user_login, or any other that the producer sends.';
comment on column public.events.event_at is 'When it happened, stored in UTC to the microsecond.';
comment on column public.events.event_date is 'UTC date of event_at.';
comment on column public.events.day_of_week is 'English name of the UTC weekday, Monday to Sunday.';
comment on column public.events.user_id is 'Who acted.';
comment on column public.events.document_id is
'The document concerned; always there for the event types that require it.';
comment on column public.events.session_id is
'Session of the same user that the event belongs to; its duration is there.';
comment on column public.events.document_word_count is
'Words in the document after this event: counted in its text, else the producer''s own count; null '
'if neither.';
comment on column public.events.edit_length is
'Size of the edit in the producer''s unit, usually characters; may be negative.';
comment on column public.events.comment_text is 'Text of the comment, untouched.';
comment on column public.events.permission is 'What the share allows, as the producer says it.';
comment on column public.events.device is 'Device, as the producer says it.';
comment on column public.events.ip_address is 'Address, as the producer says it; text, not checked.';
comment on column public.events.reported_user_name is
'Name this record claims for its user; input to users.name.';
comment on column public.events.reported_user_email is
'Address this record claims for its user; input to users.email.';
comment on column public.events.reported_document_title is
'Title this record claims for its document; input to documents.title.';
comment on column public.events.content_fingerprint is
'Hash of what is stored of the record and of its content; tells an exact duplicate from another '
'version.';
comment on column public.events.file_id is 'Reading of the file in which the record first arrived.';
comment on column public.events.record_number is
'Number of the record in that file, from 1, blank ones counted.';
comment on column public.events.run_id is 'Run that first received the record.';
comment on column public.events.is_current is
'Whether a current reading of some file holds the record; else only former readings did.';
comment on column public.events.revision is
'Which version of the event this record is: the largest wins. A whole number, or a time as '
'microseconds since 1970.';

comment on table public.share_recipients is
'Who received what; one row per person that an event names as recipient. A share by link has none.';
comment on column public.share_recipients.event_id is
'The event that names the recipient, as a rule a document_shared.';
comment on column public.share_recipients.user_id is 'Who received it.';
comment on column public.share_recipients.shared_at is
'Time of the event, so that what a person received is read in order.';

comment on table public.event_properties is
'Event-specific fields; one row per event that has some of those which the mapping of its source names.';
comment on column public.event_properties.event_id is 'The event that has them.';
comment on column public.event_properties.properties is
'What the mapping stores of the record beside our fields, by the paths that it names.';

comment on table ops.pipeline_runs is 'The journal; one row per run that got as far as the database.';
comment on column ops.pipeline_runs.run_id is
'Id of the run: the time at which it began, or larger. The latest run has the largest.';
comment on column ops.pipeline_runs.started_at is 'When the run began.';
comment on column ops.pipeline_runs.finished_at is 'When it ended; null while running.';
comment on column ops.pipeline_runs.status is 'running, succeeded or failed.';
comment on column ops.pipeline_runs.kind is
'load (new files), full_refresh (all files again), replay (quarantined records) or erase (a person).';
comment on column ops.pipeline_runs.session_gap_minutes is 'The pause that opened a new session in this run.';
comment on column ops.pipeline_runs.views_version is
'Hash of the statements, settings included, that views and comments were made by.';
comment on column ops.pipeline_runs.records is 'Records read: blank + ignored + quarantined + accepted.';
comment on column ops.pipeline_runs.blank is 'Blank records.';
comment on column ops.pipeline_runs.ignored is
'Records that are none: those that the mapping ignores, and values without records in their list.';
comment on column ops.pipeline_runs.quarantined is
'Records quarantined, each with its reasons in ops.quarantined_records.';
comment on column ops.pipeline_runs.accepted is 'Valid records: published + exact_duplicates + superseded.';
comment on column ops.pipeline_runs.exact_duplicates is
'Accepted records that repeat another of the same event_id and content.';
comment on column ops.pipeline_runs.superseded is
'Accepted records that lost against another of the same event_id with other content.';
comment on column ops.pipeline_runs.published is
'Accepted records that became rows of public.events, at the time of commit.';
comment on column ops.pipeline_runs.replaced is
'Earlier published events that records counted here replaced.';
comment on column ops.pipeline_runs.code_version is 'Version of the code that ran.';
comment on column ops.pipeline_runs.configuration_version is 'Hash of the configuration it ran with.';
comment on column ops.pipeline_runs.identity_version is
'How its records'' fingerprints were made; those of another version do not compare.';
comment on column ops.pipeline_runs.kept is
'Of a full refresh: events of readings that it could not read again, the file being gone or changed; '
'else null.';
comment on column ops.pipeline_runs.error is 'Why it failed; null otherwise.';

comment on table ops.ingested_files is 'The ledger; one row per reading of a file in a committed run.';
comment on column ops.ingested_files.file_id is 'Id of the reading.';
comment on column ops.ingested_files.file_path is 'Absolute URI of the file.';
comment on column ops.ingested_files.size_bytes is 'Size of the file in bytes when read.';
comment on column ops.ingested_files.modified_at is 'When the file was last changed, as seen when read.';
comment on column ops.ingested_files.format is 'How the file was framed into records.';
comment on column ops.ingested_files.source is 'Name of the mapping that was used.';
comment on column ops.ingested_files.mapping_hash is 'Hash of that mapping; its text is in ops.mappings.';
comment on column ops.ingested_files.records is 'Records read: blank + ignored + quarantined + accepted.';
comment on column ops.ingested_files.blank is 'Blank records.';
comment on column ops.ingested_files.ignored is
'Records that are none: those that the mapping ignores, and values without records in their list.';
comment on column ops.ingested_files.quarantined is
'Records quarantined, each with its reasons in ops.quarantined_records.';
comment on column ops.ingested_files.accepted is 'Valid records: published + exact_duplicates + superseded.';
comment on column ops.ingested_files.exact_duplicates is
'Accepted records that repeat another of the same event_id and content.';
comment on column ops.ingested_files.superseded is
'Accepted records that lost against another of the same event_id with other content.';
comment on column ops.ingested_files.published is
'Accepted records that became rows of public.events, at the time of commit.';
comment on column ops.ingested_files.replaced is
'Published events whose version a record counted here replaced, or that went because this reading took the '
'place of an earlier one.';
comment on column ops.ingested_files.run_id is 'Run that read it.';
comment on column ops.ingested_files.is_current is
'Whether the file still counts as read by this; false once it has been read whole again.';
comment on column ops.ingested_files.part_of_file_id is
'Reading of the whole file, where this is of lines that were added to it, or of records that were '
'replayed; null for a whole file.';
comment on column ops.ingested_files.read_again_as is
'Reading that has read the same content again, and so holds what this one held; else null.';
comment on column ops.ingested_files.content_bytes is
'The first so many bytes of the file have been read, up to the end of a line; null where no digest is known.';
comment on column ops.ingested_files.content_digest is
'Digest of these bytes, by which a file is found to have only grown; null where none is to be had.';

comment on table ops.mappings is 'The mappings that files were read by; one row per name and text.';
comment on column ops.mappings.mapping_hash is 'Hash of what the mapping says.';
comment on column ops.mappings.name is 'Name of the mapping file, without its ending.';
comment on column ops.mappings.text is
'The mapping file as it was read; null where it was read before texts were kept.';
comment on column ops.mappings.entered_at is 'When the mapping was first seen with this text.';
comment on column ops.mappings.location is 'Where the mapping file was when it was last read.';

comment on table ops.quarantined_records is
'Records that were quarantined; one row per record. Their text is in the quarantine folder.';
comment on column ops.quarantined_records.file_id is 'Reading of the file it stands in.';
comment on column ops.quarantined_records.record_number is 'Its number in that file, from 1.';
comment on column ops.quarantined_records.reasons is 'Every reason for its quarantine, as codes.';
comment on column ops.quarantined_records.fields is
'Our fields, and paths of properties, that the reasons are about; may be empty.';
comment on column ops.quarantined_records.raw_sha256 is
'SHA-256 of its text, in hex; NULL if unreadable or erased.';
comment on column ops.quarantined_records.run_id is 'Run that quarantined it.';
comment on column ops.quarantined_records.due_at is
'When its event, dated in the future, is no longer too far ahead; NULL if anything else is wrong, or '
'tried.';
comment on column ops.quarantined_records.recovered_by_run_id is
'Run that accepted its repaired version; null while open.';

comment on table ops.quarantine_problems is
'Why records are quarantined; one row per record, reason and field. The values are in the quarantine folder.';
comment on column ops.quarantine_problems.file_id is 'Reading of the file in which the record stands.';
comment on column ops.quarantine_problems.record_number is 'Number of the record in that file, from 1.';
comment on column ops.quarantine_problems.reason is 'What is wrong, as a code.';
comment on column ops.quarantine_problems.field is
'Our field, or the path of a property, that is wrong; NULL where it is the whole record.';

comment on table ops.superseded_records is
'Records that lost against another of the same event_id; one row per event_id and content.';
comment on column ops.superseded_records.event_id is 'Id that both records bear.';
comment on column ops.superseded_records.content_fingerprint is
'Hash of what is stored of the loser and of its content.';
comment on column ops.superseded_records.event_type is
'Kind of event, such as document_edit or user_login, or any other that the producer sends.';
comment on column ops.superseded_records.event_at is 'When it happened, stored in UTC to the microsecond.';
comment on column ops.superseded_records.user_id is 'Who acted.';
comment on column ops.superseded_records.document_id is
'The document concerned; always there for the event types that require it.';
comment on column ops.superseded_records.document_word_count is
'Words in the document after this event: counted in its text, else the producer''s own count; null '
'if neither.';
comment on column ops.superseded_records.edit_length is
'Size of the edit in the producer''s unit, usually characters; may be negative.';
comment on column ops.superseded_records.comment_text is 'Text of the comment, untouched.';
comment on column ops.superseded_records.recipients is
'Whom the share names as recipients, sorted by their bytes; null for a share by link.';
comment on column ops.superseded_records.permission is 'What the share allows, as the producer says it.';
comment on column ops.superseded_records.device is 'Device, as the producer says it.';
comment on column ops.superseded_records.ip_address is 'Address, as the producer says it; text, not checked.';
comment on column ops.superseded_records.reported_user_name is
'Name this record claims for its user; input to users.name.';
comment on column ops.superseded_records.reported_user_email is
'Address this record claims for its user; input to users.email.';
comment on column ops.superseded_records.reported_document_title is
'Title this record claims for its document; input to documents.title.';
comment on column ops.superseded_records.file_id is 'Reading of the file in which the record first arrived.';
comment on column ops.superseded_records.record_number is
'Number of the record in that file, from 1, blank ones counted.';
comment on column ops.superseded_records.run_id is 'Run that first received the record.';
comment on column ops.superseded_records.is_current is
'Whether a current reading of some file holds the record; else only former readings did.';
comment on column ops.superseded_records.revision is
'Which version of the event this record is: the largest wins. A whole number, or a time as '
'microseconds since 1970.';
comment on column ops.superseded_records.properties is
'What the mapping stored of the record beside our fields; NULL if nothing.';

comment on table ops.duplicate_records is
'Accepted records that repeat a published or superseded one; one row per record.';
comment on column ops.duplicate_records.event_id is 'Id of the event.';
comment on column ops.duplicate_records.content_fingerprint is
'Fingerprint of the version that the record repeats.';
comment on column ops.duplicate_records.file_id is 'Reading of the file in which the record stands.';
comment on column ops.duplicate_records.record_number is
'Number of the record in that file, from 1, blank ones counted.';

comment on table ops.metric_restatements is
'Published daily numbers that a run changed; one row per run, metric and day. A day is published once a '
'run that began after its end has succeeded and had events of it or of a later day.';
comment on column ops.metric_restatements.run_id is 'Run that changed the number.';
comment on column ops.metric_restatements.metric is
'daily_active_users, events, edits, shares or sessions (counted on the day of their start).';
comment on column ops.metric_restatements.activity_date is
'Day of the number, in the business time zone that the run went by.';
comment on column ops.metric_restatements.old_value is 'The number before the run.';
comment on column ops.metric_restatements.new_value is 'The number after the run.';
comment on column ops.metric_restatements.cause is
'refreshed: by a full refresh. replayed: by a replay of quarantined records. erased: by an erasure. Else by '
'a load: superseded where it brought no new event of the day and only replaced known ones, late otherwise.';

comment on table ops.check_results is
'What the checks of sql/checks/run found in the records of a run; one row per run and check, also where '
'nothing was found. Of a run that a check stopped, what was found is not published.';
comment on column ops.check_results.run_id is 'Run that was checked.';
comment on column ops.check_results.check_name is 'Name of the file in sql/checks/run, without its ending.';
comment on column ops.check_results.severity is 'error: a finding stops the run. warn: it is only told.';
comment on column ops.check_results.findings is 'Number of rows that the check found; 0 when all is well.';
comment on column ops.check_results.example is 'The first row found; null when there is none.';

comment on table ops.migrations is
'Files of sql/migrations that have been applied to this database, each once; one row per file.';
comment on column ops.migrations.migration is 'Name of the file, without its ending; its number is its turn.';
comment on column ops.migrations.checksum is 'SHA-256 of its text, so that a later change is noticed.';
comment on column ops.migrations.applied_at is 'Begin of the transaction that applied it.';
comment on column ops.migrations.code_version is 'Version of this project that applied it.';

comment on view public.event_details is
'The flat table: one row per event with the duration of its session and today''s names beside it.';
comment on column public.event_details.event_id is 'The event.';
comment on column public.event_details.event_type is
'Kind of event, such as document_edit or user_login, or any other that the producer sends.';
comment on column public.event_details.event_at is 'When it happened, stored in UTC to the microsecond.';
comment on column public.event_details.event_date is 'UTC date of event_at.';
comment on column public.event_details.day_of_week is 'English name of the UTC weekday.';
comment on column public.event_details.user_id is 'Who acted.';
comment on column public.event_details.user_name is 'Latest known name of the user.';
comment on column public.event_details.user_email is 'Latest known address of the user.';
comment on column public.event_details.document_id is
'The document concerned; always there for the event types that require it.';
comment on column public.event_details.document_title is 'Latest known title of the document.';
comment on column public.event_details.document_word_count is
'Words in the document after this event: counted in its text, else the producer''s own count; null '
'if neither.';
comment on column public.event_details.edit_length is
'Size of the edit in the producer''s unit, usually characters; may be negative.';
comment on column public.event_details.session_id is 'Session the event belongs to.';
comment on column public.event_details.session_started_at is 'Time of the session''s first event.';
comment on column public.event_details.session_duration_seconds is
'Length of the whole session in seconds, repeated in each of its events: never sum it here.';
comment on column public.event_details.comment_text is 'Text of the comment, untouched.';
comment on column public.event_details.recipient_count is
'Number of people it names as recipients, in public.share_recipients; 0 for a share by link.';
comment on column public.event_details.properties is
'What the mapping stores of the record beside our fields, by the paths that it names; NULL if '
'nothing.';
comment on column public.event_details.permission is 'What the share allows, as the producer says it.';
comment on column public.event_details.device is 'Device, as the producer says it.';
comment on column public.event_details.ip_address is 'Address, as the producer says it; text, not checked.';
comment on column public.event_details.source_file is 'File in which the record first arrived.';
comment on column public.event_details.record_number is
'Number of the record in that file, from 1, blank ones counted.';
comment on column public.event_details.run_id is 'Run that first received the record.';
comment on column public.event_details.revision is
'Which version of the event this record is: the largest wins. A whole number, or a time as '
'microseconds since 1970.';

comment on view ops.missing_records is
'Published events that no current reading of any file holds; one row per file that held them. A full refresh '
'drops them with DROP_MISSING=1.';
comment on column ops.missing_records.file_path is 'URI of the file.';
comment on column ops.missing_records.records is 'How many of its events.';

comment on view ops.health is 'Is the database fed, and do its sums close? Always one row.';
comment on column ops.health.last_success_at is
'End of the latest run that succeeded; null before the first.';
comment on column ops.health.newest_event_at is 'Time of the latest event.';
comment on column ops.health.open_quarantined_records is
'Quarantined records of current readings that nobody has recovered.';
comment on column ops.health.files_not_closing is 'Files whose sums do not close; anything but 0 is a fault.';
comment on column ops.health.held_back_files is
'Files that the quality gate holds back; none of their records is in any table.';
comment on column ops.health.empty_input_folders is
'Input folders in which the latest run that looked into them found nothing; a mount may be lost.';

comment on view ops.open_quarantine_problems is
'Problems of the records that are open in quarantine; one row per record, reason and field.';
comment on column ops.open_quarantine_problems.file_id is 'Reading in which the record was quarantined.';
comment on column ops.open_quarantine_problems.file_path is 'URI of that file.';
comment on column ops.open_quarantine_problems.record_number is 'Number of the record in that file, from 1.';
comment on column ops.open_quarantine_problems.reason is 'What is wrong, as a code.';
comment on column ops.open_quarantine_problems.field is
'Our field that is wrong; NULL where it is the whole record, (not recorded) where an older version did not '
'keep which field it is.';
comment on column ops.open_quarantine_problems.run_id is
'Run that quarantined the record; its folder has the text.';

comment on view ops.open_quarantined_records is
'Quarantined records of current readings that nobody has recovered; one row per record.';
comment on column ops.open_quarantined_records.file_id is 'Reading in which it was quarantined.';
comment on column ops.open_quarantined_records.file_path is 'URI of that file.';
comment on column ops.open_quarantined_records.size_bytes is 'Size of the file when it was read.';
comment on column ops.open_quarantined_records.modified_at is 'Time of its last change when it was read.';
comment on column ops.open_quarantined_records.source is 'Mapping that it was read with.';
comment on column ops.open_quarantined_records.record_number is
'Number of the record in that file, from 1, blank ones counted.';
comment on column ops.open_quarantined_records.reasons is 'All reasons against it.';
comment on column ops.open_quarantined_records.fields is
'Our fields that the reasons are about; may be empty.';
comment on column ops.open_quarantined_records.raw_sha256 is 'SHA-256 of its original bytes.';
comment on column ops.open_quarantined_records.run_id is 'Run that quarantined it; its folder has the text.';
comment on column ops.open_quarantined_records.part_of_file_id is
'Reading of the whole file that it belongs to.';
comment on column ops.open_quarantined_records.mapping_hash is
'Hash of the mapping that it was read with.';
comment on column ops.open_quarantined_records.due_at is
'When it is tried again by itself, since its event is dated in the future; null if never.';
