-- One row per reason: records of ops.open_quarantined_records that have it, in how many files.
-- A record counts once for each of its reasons.
select
    reasons.reason,
    count(*) as records,
    count(distinct open_records.file_id) as files
from ops.open_quarantined_records as open_records
cross join unnest(open_records.reasons) as reasons (reason)
group by reasons.reason
order by records desc, reasons.reason collate "C" asc;
