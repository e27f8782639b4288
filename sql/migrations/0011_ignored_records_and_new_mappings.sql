-- Records that are none are counted: what a mapping ignores, and values without records in their list.
-- Like the other counts it is null in a run that failed.
alter table ops.pipeline_runs
add column ignored bigint;

update ops.pipeline_runs set ignored = 0
where records is not null;

alter table ops.pipeline_runs
drop constraint pipeline_runs_read_closes,
add constraint pipeline_runs_read_closes check (records = blank + ignored + quarantined + accepted);

alter table ops.ingested_files
add column ignored bigint not null default 0,
drop constraint ingested_files_read_closes,
add constraint ingested_files_read_closes check (records = blank + ignored + quarantined + accepted);

-- A mapping that makes user ids in another way is used only once people were erased again since it was seen.
alter table ops.mappings
add column entered_at timestamptz not null default now();
