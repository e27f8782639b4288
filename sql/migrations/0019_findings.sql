-- Anomalies that were found, so that new ones can be told from known ones, and what somebody said of them.
create table ops.findings (
    finding_id bigint generated always as identity constraint findings_pkey primary key,
    kind text collate "C" not null,
    subject_type text collate "C" not null,
    subject_id text collate "C" not null,
    day date not null,
    first_found_at timestamptz not null,
    last_found_at timestamptz not null,
    severity text not null,
    explanation text not null,
    acknowledged_at timestamptz,
    note text,
    constraint findings_key unique (kind, subject_type, subject_id, day),
    constraint findings_severity_known check (severity in ('info', 'warning', 'critical')),
    constraint findings_note_acknowledges check (note is null or acknowledged_at is not null)
);
