-- One row per identifier of somebody who was erased, and runs that erase. Ids of other runs are no foreign
-- key here: tombstones are to be copied into a database that is made anew.
alter table ops.pipeline_runs drop constraint pipeline_runs_kind_known;

alter table ops.pipeline_runs
add constraint pipeline_runs_kind_known check (kind in ('load', 'full_refresh', 'replay', 'erase'));

create table ops.erased_identifiers (
    identifier_hash text not null,
    is_user_id boolean not null,
    key_check text not null,
    run_id bigint not null,
    constraint erased_identifiers_pkey primary key (identifier_hash, is_user_id)
);
