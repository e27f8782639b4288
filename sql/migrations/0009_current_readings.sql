-- Which records a current reading holds, where exact duplicates stand, what a mapping said, and how far a
-- file has been read.
create table ops.mappings (
    mapping_hash text constraint mappings_pkey primary key,
    name text not null,
    text text,
    location text not null
);

insert into ops.mappings (mapping_hash, name, location)
select distinct on (mapping_hash)
    mapping_hash,
    regexp_replace(regexp_replace(source, '^.*/', ''), '\.[^.]*$', '') as name,
    source as location
from ops.ingested_files
order by mapping_hash asc, file_id desc;

update ops.ingested_files set source = regexp_replace(regexp_replace(source, '^.*/', ''), '\.[^.]*$', '');

update ops.held_back_files set source = regexp_replace(regexp_replace(source, '^.*/', ''), '\.[^.]*$', '');

alter table ops.ingested_files
add column part_of_file_id bigint
constraint ingested_files_part_of_file_id_fkey references ops.ingested_files (file_id),
add column read_again_as bigint
constraint ingested_files_read_again_as_fkey references ops.ingested_files (file_id),
add column content_bytes bigint,
add column content_digest text;

create index ingested_files_read_again_as_idx on ops.ingested_files (read_again_as);

create index ingested_files_file_path_idx on ops.ingested_files (file_path);

drop index ops.ingested_files_current_reading_idx;

-- Until now a replay was never current. It belongs to the reading whose records it took.
update ops.ingested_files set is_current = true, part_of_file_id = whole.file_id
from ops.ingested_files as whole
where
    ingested_files.format = 'replay'
    and whole.is_current
    and whole.file_path = ingested_files.file_path
    and whole.file_id < ingested_files.file_id;

-- Until now a file that was read once more counted as one that had grown.
update ops.ingested_files set read_again_as = whole.file_id
from ops.ingested_files as whole
where
    not ingested_files.is_current
    and whole.is_current
    and whole.part_of_file_id is null
    and whole.file_path = ingested_files.file_path;

create unique index ingested_files_current_reading_idx
on ops.ingested_files (file_path) where is_current and part_of_file_id is null;

create table ops.duplicate_records (
    event_id text collate "C" not null,
    content_fingerprint uuid not null,
    file_id bigint not null
    constraint duplicate_records_file_id_fkey references ops.ingested_files (file_id),
    record_number bigint not null,
    constraint duplicate_records_pkey primary key (file_id, record_number)
);

create index duplicate_records_event_id_idx on ops.duplicate_records (event_id);

create index superseded_records_file_id_idx on ops.superseded_records (file_id);

alter table ops.superseded_records
add column is_current boolean not null default true,
add column revision bigint;

alter table ops.superseded_records alter column is_current drop default;

do $$
begin
    if to_regclass('public.events') is not null then
        alter table public.events
        add column is_current boolean not null default true,
        add column revision bigint;

        alter table public.events alter column is_current drop default;

        create index events_file_id_idx on public.events (file_id);

        create index events_not_current_idx on public.events (file_id) where not is_current;
    end if;
end
$$;

-- Records that were read before have fingerprints of another kind.
alter table ops.pipeline_runs
add column identity_version integer not null default 1,
add column kept bigint,
drop constraint pipeline_runs_kind_known;

alter table ops.pipeline_runs
add constraint pipeline_runs_kind_known check (
    kind in ('load', 'full_refresh', 'remap', 'replay', 'erase')
);

alter table ops.metric_restatements drop constraint metric_restatements_cause_known;

alter table ops.metric_restatements
add constraint metric_restatements_cause_known check (
    cause in ('late', 'replayed', 'superseded', 'refreshed', 'remapped', 'erased')
);
