-- When quarantined records whose events are dated in the future are to be tried again. Each run asks for
-- those whose time has come.
alter table ops.quarantined_records
add column due_at timestamptz;

create index quarantined_records_due_at_idx on ops.quarantined_records (due_at)
where due_at is not null and recovered_by_run_id is null;
