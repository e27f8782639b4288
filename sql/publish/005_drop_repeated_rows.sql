-- A task that Spark ran again may have written its rows twice: of rows that agree in every column one stays.
-- Rows that share a key and differ are left, and the key refuses them.
delete from {staging}.users using (
    select
        users.ctid as place,
        row_number() over (partition by users.*) as copy_number
    from {staging}.users
) as numbered
where users.ctid = numbered.place and numbered.copy_number > 1;

delete from {staging}.documents using (
    select
        documents.ctid as place,
        row_number() over (partition by documents.*) as copy_number
    from {staging}.documents
) as numbered
where documents.ctid = numbered.place and numbered.copy_number > 1;

delete from {staging}.sessions using (
    select
        sessions.ctid as place,
        row_number() over (partition by sessions.*) as copy_number
    from {staging}.sessions
) as numbered
where sessions.ctid = numbered.place and numbered.copy_number > 1;

delete from {staging}.events using (
    select
        events.ctid as place,
        row_number() over (partition by events.*) as copy_number
    from {staging}.events
) as numbered
where events.ctid = numbered.place and numbered.copy_number > 1;

delete from {staging}.quarantined_records using (
    select
        quarantined_records.ctid as place,
        row_number() over (partition by quarantined_records.*) as copy_number
    from {staging}.quarantined_records
) as numbered
where quarantined_records.ctid = numbered.place and numbered.copy_number > 1;

delete from {staging}.superseded_records using (
    select
        superseded_records.ctid as place,
        row_number() over (partition by superseded_records.*) as copy_number
    from {staging}.superseded_records
) as numbered
where superseded_records.ctid = numbered.place and numbered.copy_number > 1;
