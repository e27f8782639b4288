-- What is remembered of the anomalies.
comment on table ops.findings is
'Anomalies as make findings found them; one row per kind, subject and business day. A row stays when it '
'is not found any more.';
comment on column ops.findings.finding_id is 'Number by which make acknowledge names it.';
comment on column ops.findings.kind is 'Its anomaly_type in metrics.anomalies.';
comment on column ops.findings.subject_type is
'What subject_id names: document, user, event, day, fraction, or a kind that flags too many.';
comment on column ops.findings.subject_id is
'Id of the document, user or event, the day, the fraction of a second, or the kind.';
comment on column ops.findings.day is 'Business day on which it happened, or began.';
comment on column ops.findings.first_found_at is 'When make findings found it first.';
comment on column ops.findings.last_found_at is
'When make findings found it last; before the latest look where it is not found any more.';
comment on column ops.findings.severity is 'info, warning or critical, as it was found last.';
comment on column ops.findings.explanation is
'The sentence of metrics.anomalies, as it was found last; of several in a day the gravest.';
comment on column ops.findings.acknowledged_at is
'When somebody acknowledged it, so that make findings does not print it again; null while it is open.';
comment on column ops.findings.note is 'What was said about it then.';
