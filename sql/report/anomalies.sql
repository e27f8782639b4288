-- metrics.anomalies, the gravest first, then the latest, each with its row of ops.findings. One row per
-- finding. Its state is new while it has been found only once.
with anomalies as (
    select
        *,
        metrics.business_day(observed_at) as observed_on
    from metrics.anomalies
)

select
    anomalies.anomaly_type,
    anomalies.severity,
    anomalies.subject_type,
    anomalies.subject_id,
    anomalies.observed_at,
    anomalies.observed_on,
    anomalies.observed_at = metrics.business_day_start(anomalies.observed_on) as is_about_a_day,
    anomalies.observed,
    anomalies.expected,
    anomalies.explanation,
    findings.finding_id,
    case
        when findings.acknowledged_at is not null then 'acknowledged'
        when findings.first_found_at < findings.last_found_at then 'known'
        else 'new'
    end as state
from anomalies
left join ops.findings
    on
        anomalies.anomaly_type = findings.kind
        and anomalies.subject_type = findings.subject_type
        and anomalies.subject_id = findings.subject_id
        and anomalies.observed_on = findings.day
order by
    array_position(array['critical', 'warning', 'info'], anomalies.severity),
    anomalies.observed_at desc,
    anomalies.anomaly_type collate "C" asc,
    anomalies.subject_id collate "C" asc,
    anomalies.observed desc,
    anomalies.explanation collate "C" asc;
