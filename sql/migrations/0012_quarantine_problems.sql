-- What is wrong with each quarantined record: reasons together with the fields that they are about. Of a
-- record that is there already, this is known where it has one reason, or where no reason is about a field.
create table ops.quarantine_problems (
    file_id bigint not null,
    record_number bigint not null,
    reason text not null,
    field text,
    constraint quarantine_problems_key unique nulls not distinct (file_id, record_number, reason, field),
    constraint quarantine_problems_record_fkey foreign key (file_id, record_number)
    references ops.quarantined_records (file_id, record_number) on delete cascade
);

insert into ops.quarantine_problems (file_id, record_number, reason, field)
select distinct
    quarantined_records.file_id,
    quarantined_records.record_number,
    reasons.reason,
    fields.field
from ops.quarantined_records
cross join unnest(quarantined_records.reasons) as reasons (reason)
left join unnest(quarantined_records.fields) as fields (field) on true
where cardinality(quarantined_records.reasons) = 1 or cardinality(quarantined_records.fields) = 0;
