-- metrics.anomalies, the gravest first, then the latest. One row per finding.
select
    anomaly_type,
    severity,
    subject_type,
    subject_id,
    observed_at,
    observed,
    expected,
    explanation
from metrics.anomalies
order by
    array_position(array['critical', 'warning', 'info'], severity),
    observed_at desc,
    anomaly_type asc,
    subject_id collate "C" asc;
