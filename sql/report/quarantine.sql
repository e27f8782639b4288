-- The open quarantined records by problem: their number, the number of their files, and the first of them.
-- One row per reason and field. A record counts once for each of its problems. The field is blank if the
-- problem concerns the whole record.
select
    reason,
    coalesce(field, '') as field,
    count(*) as records,
    count(distinct file_id) as files,
    (array_agg(file_path order by run_id, file_path collate "C", record_number))[1] as first_file,
    (array_agg(record_number order by run_id, file_path collate "C", record_number))[1] as first_record
from ops.open_quarantine_problems
group by reason, coalesce(field, '')
order by records desc, reason collate "C" asc, coalesce(field, '') collate "C" asc;
