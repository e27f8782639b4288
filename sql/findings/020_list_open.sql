-- What nobody has acknowledged, in the transaction that has just entered what is found now. One row
-- per finding, the gravest first, then the latest.
select
    case
        when last_found_at < now() then 'no longer found'
        when first_found_at = now() then 'new'
        else 'known'
    end as state,
    finding_id,
    severity,
    kind,
    day,
    explanation
from ops.findings
where acknowledged_at is null
order by
    array_position(array['critical', 'warning', 'info'], severity) asc,
    day desc,
    kind asc,
    subject_type asc,
    subject_id asc;
