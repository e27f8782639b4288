-- Enters what metrics.anomalies finds now. A subject of a kind has one finding a day: the gravest, then the
-- largest. What is found again keeps its id, its first time and what was said of it.
insert into ops.findings
(kind, subject_type, subject_id, day, first_found_at, last_found_at, severity, explanation)
select distinct on (anomaly_type, subject_type, subject_id, day)
    anomaly_type,
    subject_type,
    subject_id,
    day,
    now() as first_found_at,
    now() as last_found_at,
    severity,
    explanation
from (
    select
        anomalies.*,
        metrics.business_day(anomalies.observed_at) as day,
        array_position(array['critical', 'warning', 'info'], anomalies.severity) as gravity
    from metrics.anomalies
) as found
order by
    anomaly_type asc, subject_type asc, subject_id asc, day asc,
    gravity asc, observed desc, observed_at desc, explanation collate "C" asc
on conflict on constraint findings_key do update
    set
        last_found_at = excluded.last_found_at,
        severity = excluded.severity,
        explanation = excluded.explanation;
