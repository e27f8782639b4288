-- Everything unusual, one row per finding. Each kind has a view of its own, with its rule in the header.
create view metrics.anomalies as
select
    anomaly_type,
    severity,
    subject_type,
    subject_id,
    observed_at,
    observed,
    expected,
    explanation
from metrics.edit_bursts
union all
select
    anomaly_type,
    severity,
    subject_type,
    subject_id,
    observed_at,
    observed,
    expected,
    explanation
from metrics.share_bursts
union all
select
    anomaly_type,
    severity,
    subject_type,
    subject_id,
    observed_at,
    observed,
    expected,
    explanation
from metrics.content_collapses
union all
select
    anomaly_type,
    severity,
    subject_type,
    subject_id,
    observed_at,
    observed,
    expected,
    explanation
from metrics.activity_without_login
union all
select
    anomaly_type,
    severity,
    subject_type,
    subject_id,
    observed_at,
    observed,
    expected,
    explanation
from metrics.future_events
union all
select
    anomaly_type,
    severity,
    subject_type,
    subject_id,
    observed_at,
    observed,
    expected,
    explanation
from metrics.identical_fractions;

comment on view metrics.anomalies is
'Unusual things found in the published events, each explained in a sentence; one row per finding.';
comment on column metrics.anomalies.anomaly_type is
'Kind of finding; each kind has a view of its own that states its rule.';
comment on column metrics.anomalies.severity is
'info: worth knowing; warning: worth a look; critical: look now. The rule is in the view of the kind.';
comment on column metrics.anomalies.subject_type is
'What subject_id names: document, user, event or fraction.';
comment on column metrics.anomalies.subject_id is
'Id of the document, user or event, or the fraction of a second.';
comment on column metrics.anomalies.observed_at is
'When it happened; for findings about a day its start in UTC.';
comment on column metrics.anomalies.observed is 'The number seen.';
comment on column metrics.anomalies.expected is 'The number that would have been usual.';
comment on column metrics.anomalies.explanation is 'One sentence that says what was seen and what is usual.';
