-- Refused and superseded records; a rebuild finds every superseded record anew.
insert into ops.quarantined_records (file_id, record_number, reasons, raw_sha256, run_id)
select
    file_id,
    record_number,
    reasons,
    raw_sha256,
    run_id
from {staging}.quarantined_records;

delete from ops.superseded_records;

insert into ops.superseded_records
select * from {staging}.superseded_records;
