-- metrics.anomalies, the gravest first, then the latest. One row per finding.
select
    anomaly_type,
    severity,
    subject_type,
    subject_id,
    observed_at,
    metrics.business_day(observed_at) as observed_on,
    observed_at = metrics.business_day_start(metrics.business_day(observed_at)) as is_about_a_day,
    observed,
    expected,
    explanation
from metrics.anomalies
order by
    array_position(array['critical', 'warning', 'info'], severity),
    observed_at desc,
    anomaly_type collate "C" asc,
    subject_id collate "C" asc,
    observed desc,
    explanation collate "C" asc;
