-- A database as the version before migrations left it after one load of five records: `pg_dump --no-owner --inserts`,
-- without comments. Never changed again; tests/storage/test_migrations.py brings it up to date.
SET check_function_bodies = false;
CREATE SCHEMA metrics;
CREATE SCHEMA ops;
CREATE FUNCTION metrics.daily_active_users_as_of(as_of date) RETURNS TABLE(activity_date date, active_users bigint)
    LANGUAGE sql STABLE
    AS $$
    with days as (
        select as_of - days_back as activity_date
        from generate_series(29, 0, -1) as offsets (days_back)
        where as_of is not null
    ),
    -- Grouping first and counting afterwards lets PostgreSQL hash; count(distinct) would sort every event.
    active as (
        select event_date, user_id
        from public.events
        where event_date between as_of - 29 and as_of
        group by event_date, user_id
    )
    select days.activity_date, count(active.user_id) as active_users
    from days
    left join active on days.activity_date = active.event_date
    group by days.activity_date
    order by days.activity_date
$$;
CREATE FUNCTION metrics.find_anomalies() RETURNS TABLE(anomaly_type text, severity text, subject_type text, subject_id text, observed_at timestamp with time zone, observed numeric, expected numeric, explanation text)
    LANGUAGE sql STABLE
    SET jit TO 'off'
    SET work_mem TO '64MB'
    AS $$
    select * from metrics.edit_bursts
    union all
    select * from metrics.share_bursts
    union all
    select * from metrics.content_collapses
    union all
    select * from metrics.activity_without_login
    union all
    select * from metrics.future_events
    union all
    select * from metrics.identical_fractions
$$;
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
CREATE TABLE public.users (
    user_id text NOT NULL COLLATE pg_catalog."C",
    name text,
    email text,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    CONSTRAINT users_seen_in_order CHECK ((last_seen_at >= first_seen_at))
);
CREATE VIEW metrics.activity_without_login AS
 WITH sources_with_logins AS MATERIALIZED (
         SELECT ingested_files.source,
            ((min(events.event_at) AT TIME ZONE 'UTC'::text))::date AS first_login_date
           FROM (public.events
             JOIN ops.ingested_files ON ((events.file_id = ingested_files.file_id)))
          WHERE (events.event_type = 'user_login'::text)
          GROUP BY ingested_files.source
        ), never_logged_in AS (
         SELECT users.user_id
           FROM (public.users
             LEFT JOIN public.events ON (((users.user_id = events.user_id) AND (events.event_type = 'user_login'::text))))
          WHERE (events.user_id IS NULL)
        ), activity AS (
         SELECT never_logged_in.user_id,
            acts.events,
            acts.first_event_at
           FROM (never_logged_in
             JOIN LATERAL ( SELECT count(*) AS events,
                    min(events.event_at) AS first_event_at
                   FROM ((public.events
                     JOIN ops.ingested_files ON ((events.file_id = ingested_files.file_id)))
                     JOIN sources_with_logins ON ((ingested_files.source = sources_with_logins.source)))
                  WHERE ((events.user_id = never_logged_in.user_id) AND (events.event_date > sources_with_logins.first_login_date))) acts ON ((acts.events > 0)))
        )
 SELECT 'activity_without_login'::text AS anomaly_type,
        CASE
            WHEN (events >= 10) THEN 'warning'::text
            ELSE 'info'::text
        END AS severity,
    'user'::text AS subject_type,
    user_id AS subject_id,
    first_event_at AS observed_at,
    (events)::numeric AS observed,
    (0)::numeric AS expected,
    format('User %s acted %s times from %s UTC on but never logged in, though this source logs logins.'::text, user_id, events, to_char((first_event_at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD HH24:MI:SS'::text)) AS explanation
   FROM activity;
CREATE VIEW metrics.anomalies AS
 SELECT anomaly_type,
    severity,
    subject_type,
    subject_id,
    observed_at,
    observed,
    expected,
    explanation
   FROM metrics.find_anomalies() find_anomalies(anomaly_type, severity, subject_type, subject_id, observed_at, observed, expected, explanation);
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
CREATE VIEW metrics.average_session_duration AS
 WITH user_sessions AS (
         SELECT sessions.user_id,
            count(*) AS session_count,
            count(*) FILTER (WHERE (sessions.event_count = 1)) AS single_event_sessions,
            round(avg(sessions.session_duration_seconds), 6) AS average_session_seconds,
            round(avg(sessions.session_duration_seconds) FILTER (WHERE (sessions.event_count > 1)), 6) AS average_seconds_without_single_event_sessions
           FROM public.sessions
          GROUP BY sessions.user_id
        )
 SELECT users.user_id,
    users.name AS user_name,
    COALESCE(user_sessions.session_count, (0)::bigint) AS session_count,
    user_sessions.average_session_seconds,
    COALESCE(user_sessions.single_event_sessions, (0)::bigint) AS single_event_sessions,
    user_sessions.average_seconds_without_single_event_sessions
   FROM (public.users
     LEFT JOIN user_sessions ON ((users.user_id = user_sessions.user_id)));
CREATE VIEW metrics.content_collapses AS
 WITH daily_counts AS (
         SELECT events.document_id,
            events.event_date,
            min(events.document_word_count) AS lowest_count,
            max(events.document_word_count) AS highest_count
           FROM public.events
          WHERE ((events.event_type = 'document_edit'::text) AND (events.document_word_count IS NOT NULL))
          GROUP BY events.document_id, events.event_date
        ), neighbouring_days AS (
         SELECT daily_counts.document_id,
            daily_counts.event_date,
            daily_counts.lowest_count,
            COALESCE(lag(daily_counts.event_date) OVER day_before, daily_counts.event_date) AS earlier_date,
            GREATEST(daily_counts.highest_count, lag(daily_counts.highest_count) OVER day_before) AS highest_count
           FROM daily_counts
          WINDOW day_before AS (PARTITION BY daily_counts.document_id ORDER BY daily_counts.event_date)
        ), suspect_days AS (
         SELECT neighbouring_days.document_id,
            neighbouring_days.event_date,
            neighbouring_days.earlier_date
           FROM neighbouring_days
          WHERE ((neighbouring_days.highest_count >= 20) AND ((neighbouring_days.lowest_count * 5) < neighbouring_days.highest_count))
        ), edits AS (
         SELECT suspect_days.document_id,
            ordered.event_at,
            ordered.user_id,
            ordered.document_word_count,
            ordered.previous_count
           FROM (suspect_days
             JOIN LATERAL ( SELECT events.event_at,
                    events.event_date,
                    events.user_id,
                    events.document_word_count,
                    lag(events.document_word_count) OVER (ORDER BY events.event_at, (events.event_id COLLATE "C")) AS previous_count
                   FROM public.events
                  WHERE ((events.document_id = suspect_days.document_id) AND (events.event_at >= ((suspect_days.earlier_date)::timestamp without time zone AT TIME ZONE 'UTC'::text)) AND (events.event_at < (((suspect_days.event_date + 1))::timestamp without time zone AT TIME ZONE 'UTC'::text)) AND (events.event_type = 'document_edit'::text) AND (events.document_word_count IS NOT NULL))) ordered ON ((suspect_days.event_date = ordered.event_date)))
        )
 SELECT 'content_collapse'::text AS anomaly_type,
        CASE
            WHEN (document_word_count = 0) THEN 'critical'::text
            ELSE 'warning'::text
        END AS severity,
    'document'::text AS subject_type,
    document_id AS subject_id,
    event_at AS observed_at,
    (document_word_count)::numeric AS observed,
    (previous_count)::numeric AS expected,
    format('Document %s fell from %s words to %s in one edit by %s at %s UTC.'::text, document_id, previous_count, document_word_count, user_id, to_char((event_at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD HH24:MI:SS'::text)) AS explanation
   FROM edits
  WHERE ((previous_count >= 20) AND ((document_word_count * 5) < previous_count));
CREATE VIEW metrics.daily_active_users AS
 WITH latest AS (
         SELECT max(events.event_date) AS as_of
           FROM public.events
          WHERE (events.event_date <= (((now() AT TIME ZONE 'UTC'::text))::date + 1))
        )
 SELECT daily.activity_date,
    daily.active_users
   FROM (latest
     CROSS JOIN LATERAL metrics.daily_active_users_as_of(latest.as_of) daily(activity_date, active_users));
CREATE VIEW metrics.edit_bursts AS
 WITH daily_edits AS (
         SELECT events.document_id,
            events.event_date,
            count(*) AS edits
           FROM public.events
          WHERE (events.event_type = 'document_edit'::text)
          GROUP BY events.document_id, events.event_date
        ), busy_documents AS (
         SELECT DISTINCT daily_edits.document_id
           FROM daily_edits
          WHERE (daily_edits.edits >= 10)
        ), history AS (
         SELECT daily_edits.document_id,
            daily_edits.event_date,
            daily_edits.edits,
            (row_number() OVER (PARTITION BY daily_edits.document_id ORDER BY daily_edits.event_date) - 1) AS earlier_days
           FROM daily_edits
          WHERE (daily_edits.document_id IN ( SELECT busy_documents.document_id
                   FROM busy_documents))
        ), medians AS (
         SELECT history.document_id,
            percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY ((history.edits)::double precision)) AS median_edits
           FROM history
          GROUP BY history.document_id
        ), usual AS (
         SELECT history.document_id,
            count(*) AS days,
            medians.median_edits,
            GREATEST(((1.4826)::double precision * percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY (abs(((history.edits)::double precision - medians.median_edits))))), sqrt(medians.median_edits), (1)::double precision) AS spread
           FROM (history
             JOIN medians ON ((history.document_id = medians.document_id)))
          GROUP BY history.document_id, medians.median_edits
        ), scored AS (
         SELECT history.document_id,
            history.event_date,
            history.edits,
            history.earlier_days,
            usual.days,
            usual.median_edits,
            (((history.edits)::double precision - usual.median_edits) / usual.spread) AS spreads_above
           FROM (history
             JOIN usual ON ((history.document_id = usual.document_id)))
        )
 SELECT 'edit_burst'::text AS anomaly_type,
        CASE
            WHEN (spreads_above > (16)::double precision) THEN 'critical'::text
            ELSE 'warning'::text
        END AS severity,
    'document'::text AS subject_type,
    document_id AS subject_id,
    ((event_date)::timestamp without time zone AT TIME ZONE 'UTC'::text) AS observed_at,
    (edits)::numeric AS observed,
    (median_edits)::numeric AS expected,
    format('Document %s was edited %s times on %s; %s is usual (median of its %s days with edits).'::text, document_id, edits, to_char((event_date)::timestamp with time zone, 'YYYY-MM-DD'::text), median_edits, days) AS explanation
   FROM scored
  WHERE ((edits >= 10) AND (earlier_days >= 7) AND (spreads_above > (8)::double precision));
CREATE VIEW metrics.future_events AS
 WITH today AS (
         SELECT ((now() AT TIME ZONE 'UTC'::text))::date AS today_date
        )
 SELECT 'future_event'::text AS anomaly_type,
        CASE
            WHEN (events.event_date > (today.today_date + 366)) THEN 'warning'::text
            ELSE 'info'::text
        END AS severity,
    'event'::text AS subject_type,
    events.event_id AS subject_id,
    events.event_at AS observed_at,
    ((events.event_date - today.today_date))::numeric AS observed,
    (1)::numeric AS expected,
    format('Event %s of user %s is dated %s, %s days after today (%s); a time zone can explain 1 at most.'::text, events.event_id, events.user_id, to_char((events.event_date)::timestamp with time zone, 'YYYY-MM-DD'::text), (events.event_date - today.today_date), to_char((today.today_date)::timestamp with time zone, 'YYYY-MM-DD'::text)) AS explanation
   FROM (today
     JOIN public.events ON (((today.today_date + 1) < events.event_date)));
CREATE VIEW metrics.identical_fractions AS
 WITH session_starts AS (
         SELECT sessions.started_at,
            ((date_part('microseconds'::text, sessions.started_at))::bigint % (1000000)::bigint) AS microseconds
           FROM public.sessions
        ), fractions AS (
         SELECT session_starts.microseconds,
            count(*) AS sessions,
            min(session_starts.started_at) AS first_started_at
           FROM session_starts
          WHERE (session_starts.microseconds > 0)
          GROUP BY session_starts.microseconds
         HAVING (count(*) >= 50)
        ), shares AS (
         SELECT fractions.microseconds,
            fractions.sessions,
            fractions.first_started_at,
            ( SELECT count(*) AS count
                   FROM session_starts
                  WHERE (session_starts.microseconds > 0)) AS all_sessions
           FROM fractions
        )
 SELECT 'identical_fraction'::text AS anomaly_type,
        CASE
            WHEN ((sessions * 10) >= (all_sessions * 9)) THEN 'critical'::text
            ELSE 'warning'::text
        END AS severity,
    'fraction'::text AS subject_type,
    format('0.%s'::text, lpad((microseconds)::text, 6, '0'::text)) AS subject_id,
    first_started_at AS observed_at,
    (sessions)::numeric AS observed,
    GREATEST((1)::numeric, ceil(((all_sessions)::numeric / 1000.0))) AS expected,
    format('%s of %s sessions start exactly 0.%s s after a full second, where a clock of milliseconds would put about %s on one fraction: these times were generated or shifted by a machine.'::text, sessions, all_sessions, lpad((microseconds)::text, 6, '0'::text), GREATEST((1)::numeric, ceil(((all_sessions)::numeric / 1000.0)))) AS explanation
   FROM shares
  WHERE ((sessions * 5) >= all_sessions);
CREATE VIEW metrics.share_bursts AS
 WITH shared_documents AS (
         SELECT events.user_id,
            events.event_date,
            events.document_id
           FROM public.events
          WHERE (events.event_type = 'document_shared'::text)
          GROUP BY events.user_id, events.event_date, events.document_id
        ), daily_shares AS (
         SELECT shared_documents.user_id,
            shared_documents.event_date,
            count(*) AS documents
           FROM shared_documents
          GROUP BY shared_documents.user_id, shared_documents.event_date
        ), busy_users AS (
         SELECT DISTINCT daily_shares.user_id
           FROM daily_shares
          WHERE (daily_shares.documents >= 10)
        ), active_days AS (
         SELECT busy_users.user_id,
            days.event_date
           FROM (busy_users
             JOIN LATERAL ( SELECT events.event_date
                   FROM public.events
                  WHERE (events.user_id = busy_users.user_id)
                  GROUP BY events.event_date) days ON (true))
        ), history AS (
         SELECT active_days.user_id,
            active_days.event_date,
            COALESCE(daily_shares.documents, (0)::bigint) AS documents,
            (row_number() OVER (PARTITION BY active_days.user_id ORDER BY active_days.event_date) - 1) AS earlier_days
           FROM (active_days
             LEFT JOIN daily_shares ON (((active_days.user_id = daily_shares.user_id) AND (active_days.event_date = daily_shares.event_date))))
        ), medians AS (
         SELECT history.user_id,
            percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY ((history.documents)::double precision)) AS median_documents
           FROM history
          GROUP BY history.user_id
        ), usual AS (
         SELECT history.user_id,
            count(*) AS days,
            medians.median_documents,
            GREATEST(((1.4826)::double precision * percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY (abs(((history.documents)::double precision - medians.median_documents))))), sqrt(medians.median_documents), (1)::double precision) AS spread
           FROM (history
             JOIN medians ON ((history.user_id = medians.user_id)))
          GROUP BY history.user_id, medians.median_documents
        ), scored AS (
         SELECT history.user_id,
            history.event_date,
            history.documents,
            history.earlier_days,
            usual.days,
            usual.median_documents,
            (((history.documents)::double precision - usual.median_documents) / usual.spread) AS spreads_above
           FROM (history
             JOIN usual ON ((history.user_id = usual.user_id)))
        )
 SELECT 'share_burst'::text AS anomaly_type,
        CASE
            WHEN (spreads_above > (16)::double precision) THEN 'critical'::text
            ELSE 'warning'::text
        END AS severity,
    'user'::text AS subject_type,
    user_id AS subject_id,
    ((event_date)::timestamp without time zone AT TIME ZONE 'UTC'::text) AS observed_at,
    (documents)::numeric AS observed,
    (median_documents)::numeric AS expected,
    format('User %s shared %s different documents on %s, where %s is usual (median of %s active days).'::text, user_id, documents, to_char((event_date)::timestamp with time zone, 'YYYY-MM-DD'::text), median_documents, days) AS explanation
   FROM scored
  WHERE ((documents >= 10) AND (earlier_days >= 7) AND (spreads_above > (8)::double precision));
CREATE VIEW metrics.shared_documents_per_user AS
 WITH shares AS (
         SELECT events.user_id,
            count(DISTINCT events.document_id) AS shared_documents,
            count(*) AS share_events,
            count(DISTINCT events.shared_with_user_id) AS recipients
           FROM public.events
          WHERE (events.event_type = 'document_shared'::text)
          GROUP BY events.user_id
        )
 SELECT users.user_id,
    users.name AS user_name,
    COALESCE(shares.shared_documents, (0)::bigint) AS shared_documents,
    COALESCE(shares.share_events, (0)::bigint) AS share_events,
    COALESCE(shares.recipients, (0)::bigint) AS recipients
   FROM (public.users
     LEFT JOIN shares ON ((users.user_id = shares.user_id)));
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
CREATE VIEW metrics.top_edited_documents AS
 WITH edits AS (
         SELECT events.document_id,
            count(*) AS edit_count
           FROM public.events
          WHERE (events.event_type = 'document_edit'::text)
          GROUP BY events.document_id
        ), ranked AS (
         SELECT edits.document_id,
            edits.edit_count,
            row_number() OVER (ORDER BY edits.edit_count DESC, (edits.document_id COLLATE "C")) AS rank
           FROM edits
          ORDER BY (row_number() OVER (ORDER BY edits.edit_count DESC, (edits.document_id COLLATE "C")))
         LIMIT 10
        ), details AS (
         SELECT ranked_1.document_id,
            count(DISTINCT events.user_id) AS editor_count,
            sum(events.edit_length) AS total_edit_length,
            max(events.event_at) AS last_edited_at
           FROM (ranked ranked_1
             JOIN public.events ON ((ranked_1.document_id = events.document_id)))
          WHERE (events.event_type = 'document_edit'::text)
          GROUP BY ranked_1.document_id
        )
 SELECT ranked.rank,
    ranked.document_id,
    documents.title,
    ranked.edit_count,
    details.editor_count,
    details.total_edit_length,
    details.last_edited_at
   FROM ((ranked
     JOIN details ON ((ranked.document_id = details.document_id)))
     JOIN public.documents ON ((ranked.document_id = documents.document_id)))
  ORDER BY ranked.rank;
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
    CONSTRAINT pipeline_runs_kind_known CHECK ((kind = ANY (ARRAY['load'::text, 'full_refresh'::text, 'replay'::text]))),
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
INSERT INTO ops.ingested_files VALUES (1, 'file:///srv/events/first.jsonl', 746, '2026-11-24 17:16:56.561031+00', 'json_lines', '/srv/document-events/conf/sources/default.yml', '8ebbedc5b91f', 5, 0, 1, 4, 0, 1, 3, 0, 20261124171719731, true);
INSERT INTO ops.pipeline_runs VALUES (20261124171719731, '2026-11-24 17:17:19.731331+00', '2026-11-24 17:18:45.471283+00', 'succeeded', 'load', 30, '59dda7803ef3', 5, 0, 1, 4, 0, 1, 3, 0, '0.1.0', 'c177eda40d2e', NULL);
INSERT INTO ops.quarantined_records VALUES (1, 5, '{missing_field}', '{event_at}', '1f077c8bb8d2321b6c1326d59b3089011e7e4be2ffab98f41817b8312b6e945c', 20261124171719731, NULL);
INSERT INTO ops.superseded_records VALUES ('e2', '3363fd0f-5447-1225-f010-be563d12b95f', 'document_edit', '2025-06-03 09:10:00+00', 'ann', 'plan', 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 4, 20261124171719731);
INSERT INTO public.documents VALUES ('plan', 'Plan', '2025-06-02 09:10:00+00', 'ann', 'ann', '2025-06-02 09:10:00+00', 3);
INSERT INTO public.events VALUES ('e1', 'user_login', '2025-06-02 09:00:00+00', '2025-06-02', 'Monday', 'ann', NULL, 'f91955ec-e82e-83e5-30f4-c2188097acc8', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'Ann', 'ann@example.com', NULL, '8d43824a-ebfc-5a25-e99d-be8ad35bda64', 1, 1, 20261124171719731);
INSERT INTO public.events VALUES ('e2', 'document_edit', '2025-06-02 09:10:00+00', '2025-06-02', 'Monday', 'ann', 'plan', 'f91955ec-e82e-83e5-30f4-c2188097acc8', 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'Plan', 'ee5da662-1413-4e49-90ad-073d71146959', 1, 2, 20261124171719731);
INSERT INTO public.events VALUES ('e3', 'document_shared', '2025-06-02 10:00:00+00', '2025-06-02', 'Monday', 'ann', 'plan', 'c153996b-3a97-acc3-0e0a-905f3020b5aa', NULL, NULL, NULL, 'bob', NULL, NULL, NULL, NULL, NULL, NULL, '25f8cafa-1a4e-7087-c491-b17ebbe9427b', 1, 3, 20261124171719731);
INSERT INTO public.sessions VALUES ('f91955ec-e82e-83e5-30f4-c2188097acc8', 'ann', '2025-06-02 09:00:00+00', '2025-06-02 09:10:00+00', 600.000000, 2);
INSERT INTO public.sessions VALUES ('c153996b-3a97-acc3-0e0a-905f3020b5aa', 'ann', '2025-06-02 10:00:00+00', '2025-06-02 10:00:00+00', 0.000000, 1);
INSERT INTO public.users VALUES ('ann', 'Ann', 'ann@example.com', '2025-06-02 09:00:00+00', '2025-06-02 10:00:00+00');
INSERT INTO public.users VALUES ('bob', NULL, NULL, '2025-06-02 10:00:00+00', '2025-06-02 10:00:00+00');
SELECT pg_catalog.setval('ops.ingested_files_file_id_seq', 1, true);
ALTER TABLE ONLY ops.ingested_files
    ADD CONSTRAINT ingested_files_pkey PRIMARY KEY (file_id);
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
CREATE INDEX events_edited_document_idx ON public.events USING btree (document_id, event_at) WHERE (event_type = 'document_edit'::text);
CREATE INDEX events_event_date_user_id_idx ON public.events USING btree (event_date, user_id);
CREATE INDEX events_mailed_user_idx ON public.events USING btree (user_id, event_at) WHERE (reported_user_email IS NOT NULL);
CREATE INDEX events_named_user_idx ON public.events USING btree (user_id, event_at) WHERE (reported_user_name IS NOT NULL);
CREATE INDEX events_session_id_idx ON public.events USING btree (session_id);
CREATE INDEX events_shared_with_user_id_event_at_idx ON public.events USING btree (shared_with_user_id, event_at) WHERE (shared_with_user_id IS NOT NULL);
CREATE INDEX events_titled_document_idx ON public.events USING btree (document_id, event_at) WHERE (reported_document_title IS NOT NULL);
CREATE INDEX events_user_id_event_at_idx ON public.events USING btree (user_id, event_at);
CREATE INDEX sessions_user_id_started_at_idx ON public.sessions USING btree (user_id, started_at);
ALTER TABLE ONLY ops.ingested_files
    ADD CONSTRAINT ingested_files_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.pipeline_runs(run_id);
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
