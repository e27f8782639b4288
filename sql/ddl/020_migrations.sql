-- Which files of sql/migrations this database has seen: one row each, entered when it was applied.
create table ops.migrations (
    migration text constraint migrations_pkey primary key,
    checksum text not null,
    applied_at timestamptz not null default now(),
    code_version text not null
);
