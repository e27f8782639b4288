-- One row per reason, field and file: how many records are open in quarantine, and the first of them.
-- A record counts once for each of its reasons and each of the fields that they are about.
select
    reasons.reason,
    coalesce(fields.field, '') as field,
    open_records.file_path,
    count(*) as records,
    min(open_records.run_id) as run_id,
    (array_agg(open_records.record_number order by open_records.run_id, open_records.record_number))[1]
        as first_record
from ops.open_quarantined_records as open_records
cross join unnest(open_records.reasons) as reasons (reason)
left join unnest(open_records.fields) as fields (field) on true
group by reasons.reason, coalesce(fields.field, ''), open_records.file_path
order by
    records desc,
    reasons.reason collate "C" asc,
    coalesce(fields.field, '') collate "C" asc,
    open_records.file_path collate "C" asc;
