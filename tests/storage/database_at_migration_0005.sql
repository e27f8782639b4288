-- A database as the version before 2026-11-26 left it after one load of five records (migrations up to 0005):
-- `pg_dump --no-owner --no-privileges --no-comments --inserts --exclude-schema=metrics`. Never changed again;
-- tests/storage/test_migrations.py brings it up to date.
SET check_function_bodies = false;
CREATE SCHEMA metrics;
CREATE SCHEMA ops;
CREATE TABLE public.events (
    event_id text NOT NULL COLLATE pg_catalog."C",
    event_type text NOT NULL,
    event_at timestamp with time zone NOT NULL,
    event_date date NOT NULL,
    day_of_week text NOT NULL,
    user_id text NOT NULL COLLATE pg_catalog."C",
    document_id text COLLATE pg_catalog."C",
    session_id uuid NOT NULL,
    document_word_count bigint,
    edit_length bigint,
    comment_text text,
    shared_with_user_id text COLLATE pg_catalog."C",
    permission text,
    device text,
    ip_address text,
    reported_user_name text,
    reported_user_email text,
    reported_document_title text,
    content_fingerprint uuid NOT NULL,
    file_id bigint NOT NULL,
    record_number bigint NOT NULL,
    run_id bigint NOT NULL,
    CONSTRAINT events_day_of_week_matches CHECK ((day_of_week = (ARRAY['Monday'::text, 'Tuesday'::text, 'Wednesday'::text, 'Thursday'::text, 'Friday'::text, 'Saturday'::text, 'Sunday'::text])[EXTRACT(isodow FROM event_date)])),
    CONSTRAINT events_document_required CHECK (((document_id IS NOT NULL) OR (event_type <> ALL (ARRAY['document_edit'::text, 'comment_added'::text, 'document_shared'::text])))),
    CONSTRAINT events_event_date_is_utc_date CHECK ((event_date = ((event_at AT TIME ZONE 'UTC'::text))::date)),
    CONSTRAINT events_record_number_positive CHECK ((record_number > 0)),
    CONSTRAINT events_word_count_not_negative CHECK ((document_word_count >= 0))
);
CREATE TABLE ops.ingested_files (
    file_id bigint NOT NULL,
    file_path text NOT NULL,
    size_bytes bigint NOT NULL,
    modified_at timestamp with time zone NOT NULL,
    format text NOT NULL,
    source text NOT NULL,
    mapping_hash text NOT NULL,
    records bigint NOT NULL,
    blank bigint NOT NULL,
    quarantined bigint NOT NULL,
    accepted bigint NOT NULL,
    exact_duplicates bigint NOT NULL,
    superseded bigint NOT NULL,
    published bigint NOT NULL,
    replaced bigint NOT NULL,
    run_id bigint NOT NULL,
    is_current boolean NOT NULL,
    CONSTRAINT ingested_files_published_closes CHECK ((accepted = ((published + exact_duplicates) + superseded))),
    CONSTRAINT ingested_files_read_closes CHECK ((records = ((blank + quarantined) + accepted)))
);
CREATE TABLE public.users (
    user_id text NOT NULL COLLATE pg_catalog."C",
    name text,
    email text,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    CONSTRAINT users_seen_in_order CHECK ((last_seen_at >= first_seen_at))
);
CREATE TABLE public.sessions (
    session_id uuid NOT NULL,
    user_id text NOT NULL COLLATE pg_catalog."C",
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    session_duration_seconds numeric(18,6) NOT NULL,
    event_count bigint NOT NULL,
    CONSTRAINT sessions_duration_matches CHECK ((session_duration_seconds = EXTRACT(epoch FROM (ended_at - started_at)))),
    CONSTRAINT sessions_ended_after_started CHECK ((ended_at >= started_at)),
    CONSTRAINT sessions_event_count_positive CHECK ((event_count > 0))
);
CREATE TABLE public.documents (
    document_id text NOT NULL COLLATE pg_catalog."C",
    title text,
    first_seen_at timestamp with time zone NOT NULL,
    first_seen_by text NOT NULL COLLATE pg_catalog."C",
    last_edited_by text COLLATE pg_catalog."C",
    last_edited_at timestamp with time zone,
    word_count bigint,
    CONSTRAINT documents_edited_after_seen CHECK ((last_edited_at >= first_seen_at)),
    CONSTRAINT documents_editor_has_time CHECK (((last_edited_by IS NULL) = (last_edited_at IS NULL))),
    CONSTRAINT documents_word_count_not_negative CHECK ((word_count >= 0))
);
CREATE TABLE ops.check_results (
    run_id bigint NOT NULL,
    check_name text NOT NULL,
    severity text NOT NULL,
    findings bigint NOT NULL,
    example jsonb,
    CONSTRAINT check_results_example_of_findings CHECK (((findings = 0) = (example IS NULL))),
    CONSTRAINT check_results_severity_known CHECK ((severity = ANY (ARRAY['error'::text, 'warn'::text])))
);
CREATE TABLE ops.erased_identifiers (
    identifier_hash text NOT NULL,
    is_user_id boolean NOT NULL,
    key_check text NOT NULL,
    run_id bigint NOT NULL
);
CREATE TABLE ops.quarantined_records (
    file_id bigint NOT NULL,
    record_number bigint NOT NULL,
    reasons text[] NOT NULL,
    fields text[] NOT NULL,
    raw_sha256 text,
    run_id bigint NOT NULL,
    recovered_by_run_id bigint,
    CONSTRAINT quarantined_records_has_reason CHECK ((cardinality(reasons) > 0))
);
CREATE VIEW ops.open_quarantined_records AS
 SELECT quarantined_records.file_id,
    ingested_files.file_path,
    ingested_files.size_bytes,
    ingested_files.modified_at,
    ingested_files.source,
    quarantined_records.record_number,
    quarantined_records.reasons,
    quarantined_records.fields,
    quarantined_records.raw_sha256,
    quarantined_records.run_id
   FROM (ops.quarantined_records
     JOIN ops.ingested_files ON ((quarantined_records.file_id = ingested_files.file_id)))
  WHERE (ingested_files.is_current AND (quarantined_records.recovered_by_run_id IS NULL));
CREATE TABLE ops.pipeline_runs (
    run_id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    status text NOT NULL,
    kind text NOT NULL,
    session_gap_minutes integer NOT NULL,
    views_version text,
    records bigint,
    blank bigint,
    quarantined bigint,
    accepted bigint,
    exact_duplicates bigint,
    superseded bigint,
    published bigint,
    replaced bigint,
    code_version text NOT NULL,
    configuration_version text NOT NULL,
    error text,
    CONSTRAINT pipeline_runs_kind_known CHECK ((kind = ANY (ARRAY['load'::text, 'full_refresh'::text, 'replay'::text, 'erase'::text]))),
    CONSTRAINT pipeline_runs_published_closes CHECK ((accepted = ((published + exact_duplicates) + superseded))),
    CONSTRAINT pipeline_runs_read_closes CHECK ((records = ((blank + quarantined) + accepted))),
    CONSTRAINT pipeline_runs_status_known CHECK ((status = ANY (ARRAY['running'::text, 'succeeded'::text, 'failed'::text])))
);
CREATE VIEW ops.health AS
 WITH last_success AS (
         SELECT max(pipeline_runs.finished_at) AS last_success_at
           FROM ops.pipeline_runs
          WHERE (pipeline_runs.status = 'succeeded'::text)
        ), newest_event AS (
         SELECT max(events.event_at) AS newest_event_at
           FROM public.events
        ), open_quarantine AS (
         SELECT count(*) AS open_quarantined_records
           FROM ops.open_quarantined_records
        ), unclosed_files AS (
         SELECT count(*) AS files_not_closing
           FROM ops.ingested_files
          WHERE ((ingested_files.records <> ((ingested_files.blank + ingested_files.quarantined) + ingested_files.accepted)) OR (ingested_files.accepted <> ((ingested_files.published + ingested_files.exact_duplicates) + ingested_files.superseded)))
        )
 SELECT last_success.last_success_at,
    newest_event.newest_event_at,
    open_quarantine.open_quarantined_records,
    unclosed_files.files_not_closing
   FROM (((last_success
     CROSS JOIN newest_event)
     CROSS JOIN open_quarantine)
     CROSS JOIN unclosed_files);
ALTER TABLE ops.ingested_files ALTER COLUMN file_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME ops.ingested_files_file_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE ops.metric_restatements (
    run_id bigint NOT NULL,
    metric text NOT NULL,
    activity_date date NOT NULL,
    old_value bigint NOT NULL,
    new_value bigint NOT NULL,
    cause text NOT NULL,
    CONSTRAINT metric_restatements_cause_known CHECK ((cause = ANY (ARRAY['late'::text, 'replayed'::text, 'superseded'::text, 'refreshed'::text, 'erased'::text]))),
    CONSTRAINT metric_restatements_value_changed CHECK ((old_value <> new_value))
);
CREATE TABLE ops.migrations (
    migration text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    code_version text NOT NULL
);
CREATE TABLE ops.superseded_records (
    event_id text NOT NULL COLLATE pg_catalog."C",
    content_fingerprint uuid NOT NULL,
    event_type text NOT NULL,
    event_at timestamp with time zone NOT NULL,
    user_id text NOT NULL COLLATE pg_catalog."C",
    document_id text COLLATE pg_catalog."C",
    document_word_count bigint,
    edit_length bigint,
    comment_text text,
    shared_with_user_id text COLLATE pg_catalog."C",
    permission text,
    device text,
    ip_address text,
    reported_user_name text,
    reported_user_email text,
    reported_document_title text,
    file_id bigint NOT NULL,
    record_number bigint NOT NULL,
    run_id bigint NOT NULL
);
CREATE VIEW public.event_details AS
 SELECT events.event_id,
    events.event_type,
    events.event_at,
    events.event_date,
    events.day_of_week,
    events.user_id,
    users.name AS user_name,
    users.email AS user_email,
    events.document_id,
    documents.title AS document_title,
    events.document_word_count,
    events.edit_length,
    events.session_id,
    sessions.started_at AS session_started_at,
    sessions.session_duration_seconds,
    events.comment_text,
    events.shared_with_user_id,
    events.permission,
    events.device,
    events.ip_address,
    ingested_files.file_path AS source_file,
    events.record_number,
    events.run_id
   FROM ((((public.events
     JOIN public.users ON ((events.user_id = users.user_id)))
     JOIN public.sessions ON ((events.session_id = sessions.session_id)))
     JOIN ops.ingested_files ON ((events.file_id = ingested_files.file_id)))
     LEFT JOIN public.documents ON ((events.document_id = documents.document_id)));
INSERT INTO ops.check_results VALUES (20261126172334206, 'dimensions_match_events', 'error', 0, NULL);
INSERT INTO ops.check_results VALUES (20261126172334206, 'events_later_than_their_file', 'warn', 0, NULL);
INSERT INTO ops.check_results VALUES (20261126172334206, 'reconcile_files', 'error', 0, NULL);
INSERT INTO ops.check_results VALUES (20261126172334206, 'reconcile_tables', 'error', 0, NULL);
INSERT INTO ops.check_results VALUES (20261126172334206, 'repeated_files', 'warn', 0, NULL);
INSERT INTO ops.check_results VALUES (20261126172334206, 'sessions_match_events', 'error', 0, NULL);
INSERT INTO ops.check_results VALUES (20261126172334206, 'users_without_name', 'warn', 0, NULL);
INSERT INTO ops.ingested_files VALUES (1, 'file:///srv/events/first.jsonl', 648, '2026-11-26 17:23:28.337715+00', 'json_lines', '/srv/document-events/conf/sources/default.yml', '8ebbedc5b91f', 5, 0, 1, 4, 0, 1, 3, 0, 20261126172334206, true);
INSERT INTO ops.migrations VALUES ('0001_books', 'fc3a7050613dafce2378854999e274b5f335a2f8cdb26e55ce51bae24cae2fe3', '2026-11-26 17:23:34.08355+00', '0.1.0');
INSERT INTO ops.migrations VALUES ('0002_restatements_and_check_results', '6b8b1f504e2b3eca7c2c700898671614fe99f0796e3511919ebac2edb4a58e25', '2026-11-26 17:23:34.08355+00', '0.1.0');
INSERT INTO ops.migrations VALUES ('0003_indexes_of_the_metrics', '27e4f6925ae303465b029ce4b54284bc450b5260c8c7fcf17575b52ba687b240', '2026-11-26 17:23:34.08355+00', '0.1.0');
INSERT INTO ops.migrations VALUES ('0004_erasure', 'adca992d52144c422b497d1548e7afda5307bffc05de3d17475a71ac0866f2e0', '2026-11-26 17:23:34.08355+00', '0.1.0');
INSERT INTO ops.migrations VALUES ('0005_index_of_logins', '497236e429c77bc541ea5d665091914a911ac274e5bfe80d03f3a151c451bb61', '2026-11-26 17:23:34.08355+00', '0.1.0');
INSERT INTO ops.pipeline_runs VALUES (20261126172334206, '2026-11-26 17:23:34.206556+00', '2026-11-26 17:23:52.868342+00', 'succeeded', 'load', 30, 'a9e06a4db221', 5, 0, 1, 4, 0, 1, 3, 0, '0.1.0', '201e6e4b6ecf', NULL);
INSERT INTO ops.quarantined_records VALUES (1, 5, '{missing_field}', '{event_at}', 'cc8fb9c231c142a9718f4c720cb1cc90cf66b46401d18f389f643782d2880b2b', 20261126172334206, NULL);
INSERT INTO ops.superseded_records VALUES ('e2', '66b898bf-25ef-f8eb-1ad9-c0cf894ce5cd', 'document_edit', '2025-06-03 09:10:00+00', 'ann', 'plan', 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 4, 20261126172334206);
INSERT INTO public.documents VALUES ('plan', 'Plan', '2025-06-02 09:10:00+00', 'ann', 'ann', '2025-06-02 09:10:00+00', 3);
INSERT INTO public.events VALUES ('e1', 'user_login', '2025-06-02 09:00:00+00', '2025-06-02', 'Monday', 'ann', NULL, 'f91955ec-e82e-83e5-30f4-c2188097acc8', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'Ann', 'ann@example.com', NULL, '8d43824a-ebfc-5a25-e99d-be8ad35bda64', 1, 1, 20261126172334206);
INSERT INTO public.events VALUES ('e2', 'document_edit', '2025-06-02 09:10:00+00', '2025-06-02', 'Monday', 'ann', 'plan', 'f91955ec-e82e-83e5-30f4-c2188097acc8', 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'Plan', '3ef5b169-571a-3a84-339b-379cd63ee28d', 1, 2, 20261126172334206);
INSERT INTO public.events VALUES ('e3', 'document_shared', '2025-06-02 10:00:00+00', '2025-06-02', 'Monday', 'ann', 'plan', 'c153996b-3a97-acc3-0e0a-905f3020b5aa', NULL, NULL, NULL, 'bob', NULL, NULL, NULL, NULL, NULL, NULL, '25f8cafa-1a4e-7087-c491-b17ebbe9427b', 1, 3, 20261126172334206);
INSERT INTO public.sessions VALUES ('f91955ec-e82e-83e5-30f4-c2188097acc8', 'ann', '2025-06-02 09:00:00+00', '2025-06-02 09:10:00+00', 600.000000, 2);
INSERT INTO public.sessions VALUES ('c153996b-3a97-acc3-0e0a-905f3020b5aa', 'ann', '2025-06-02 10:00:00+00', '2025-06-02 10:00:00+00', 0.000000, 1);
INSERT INTO public.users VALUES ('ann', 'Ann', 'ann@example.com', '2025-06-02 09:00:00+00', '2025-06-02 10:00:00+00');
INSERT INTO public.users VALUES ('bob', NULL, NULL, '2025-06-02 10:00:00+00', '2025-06-02 10:00:00+00');
SELECT pg_catalog.setval('ops.ingested_files_file_id_seq', 1, true);
ALTER TABLE ONLY ops.check_results
    ADD CONSTRAINT check_results_pkey PRIMARY KEY (run_id, check_name);
ALTER TABLE ONLY ops.erased_identifiers
    ADD CONSTRAINT erased_identifiers_pkey PRIMARY KEY (identifier_hash, is_user_id);
ALTER TABLE ONLY ops.ingested_files
    ADD CONSTRAINT ingested_files_pkey PRIMARY KEY (file_id);
ALTER TABLE ONLY ops.metric_restatements
    ADD CONSTRAINT metric_restatements_pkey PRIMARY KEY (run_id, metric, activity_date);
ALTER TABLE ONLY ops.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (migration);
ALTER TABLE ONLY ops.pipeline_runs
    ADD CONSTRAINT pipeline_runs_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY ops.quarantined_records
    ADD CONSTRAINT quarantined_records_pkey PRIMARY KEY (file_id, record_number);
ALTER TABLE ONLY ops.superseded_records
    ADD CONSTRAINT superseded_records_pkey PRIMARY KEY (event_id, content_fingerprint);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (document_id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (event_id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (session_id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_session_id_user_id_key UNIQUE (session_id, user_id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (user_id);
CREATE UNIQUE INDEX ingested_files_current_reading_idx ON ops.ingested_files USING btree (file_path) WHERE is_current;
CREATE INDEX ingested_files_run_id_idx ON ops.ingested_files USING btree (run_id);
CREATE INDEX quarantined_records_open_idx ON ops.quarantined_records USING btree (file_id) WHERE (recovered_by_run_id IS NULL);
CREATE INDEX documents_first_seen_by_idx ON public.documents USING btree (first_seen_by);
CREATE INDEX documents_last_edited_by_idx ON public.documents USING btree (last_edited_by);
CREATE INDEX events_document_id_event_at_idx ON public.events USING btree (document_id, event_at);
CREATE INDEX events_edited_document_idx ON public.events USING btree (document_id, event_at) INCLUDE (user_id, document_word_count) WHERE (event_type = 'document_edit'::text);
CREATE INDEX events_event_date_user_id_idx ON public.events USING btree (event_date, user_id);
CREATE INDEX events_login_idx ON public.events USING btree (user_id, event_at) INCLUDE (ip_address, device, file_id) WHERE (event_type = 'user_login'::text);
CREATE INDEX events_mailed_user_idx ON public.events USING btree (user_id, event_at) WHERE (reported_user_email IS NOT NULL);
CREATE INDEX events_named_user_idx ON public.events USING btree (user_id, event_at) WHERE (reported_user_name IS NOT NULL);
CREATE INDEX events_sent_by_user_idx ON public.events USING btree (user_id, event_at) INCLUDE (event_type, document_id, shared_with_user_id) WHERE (event_type = ANY (ARRAY['comment_added'::text, 'document_shared'::text]));
CREATE INDEX events_session_id_idx ON public.events USING btree (session_id);
CREATE INDEX events_shared_with_user_id_event_at_idx ON public.events USING btree (shared_with_user_id, event_at) WHERE (shared_with_user_id IS NOT NULL);
CREATE INDEX events_titled_document_idx ON public.events USING btree (document_id, event_at) WHERE (reported_document_title IS NOT NULL);
CREATE INDEX events_user_id_event_at_idx ON public.events USING btree (user_id, event_at);
CREATE INDEX sessions_user_id_started_at_idx ON public.sessions USING btree (user_id, started_at);
ALTER TABLE ONLY ops.check_results
    ADD CONSTRAINT check_results_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.pipeline_runs(run_id);
ALTER TABLE ONLY ops.ingested_files
    ADD CONSTRAINT ingested_files_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.pipeline_runs(run_id);
ALTER TABLE ONLY ops.metric_restatements
    ADD CONSTRAINT metric_restatements_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.pipeline_runs(run_id);
ALTER TABLE ONLY ops.quarantined_records
    ADD CONSTRAINT quarantined_records_file_id_fkey FOREIGN KEY (file_id) REFERENCES ops.ingested_files(file_id);
ALTER TABLE ONLY ops.quarantined_records
    ADD CONSTRAINT quarantined_records_recovered_by_run_id_fkey FOREIGN KEY (recovered_by_run_id) REFERENCES ops.pipeline_runs(run_id);
ALTER TABLE ONLY ops.quarantined_records
    ADD CONSTRAINT quarantined_records_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.pipeline_runs(run_id);
ALTER TABLE ONLY ops.superseded_records
    ADD CONSTRAINT superseded_records_file_id_fkey FOREIGN KEY (file_id) REFERENCES ops.ingested_files(file_id);
ALTER TABLE ONLY ops.superseded_records
    ADD CONSTRAINT superseded_records_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.pipeline_runs(run_id);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_first_seen_by_fkey FOREIGN KEY (first_seen_by) REFERENCES public.users(user_id);
ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_last_edited_by_fkey FOREIGN KEY (last_edited_by) REFERENCES public.users(user_id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_document_id_fkey FOREIGN KEY (document_id) REFERENCES public.documents(document_id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_file_id_fkey FOREIGN KEY (file_id) REFERENCES ops.ingested_files(file_id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_session_id_user_id_fkey FOREIGN KEY (session_id, user_id) REFERENCES public.sessions(session_id, user_id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_shared_with_user_id_fkey FOREIGN KEY (shared_with_user_id) REFERENCES public.users(user_id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(user_id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(user_id);
