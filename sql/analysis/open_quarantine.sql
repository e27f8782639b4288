-- One row per reason, field and file: how many records are open in quarantine, and the first of them.
-- A record counts once for each of its problems. The field is blank if the problem is about the whole record.
select
    reason,
    coalesce(field, '') as field,
    file_path,
    count(*) as records,
    min(run_id) as run_id,
    (array_agg(record_number order by run_id, record_number))[1] as first_record
from ops.open_quarantine_problems
group by reason, coalesce(field, ''), file_path
order by
    records desc,
    reason collate "C" asc,
    coalesce(field, '') collate "C" asc,
    file_path collate "C" asc;
