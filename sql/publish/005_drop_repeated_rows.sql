-- Spark may run a task twice, so that its rows are staged twice. Of rows that are equal in every column this
-- keeps one. Rows with the same key that differ are left, and then the primary key rejects them. This is run
-- for each staged table.
delete from {staging}.{table} as repeated using (
    select
        staged.ctid as place,
        row_number() over (partition by staged.*) as copy_number
    from {staging}.{table} as staged
) as numbered
where repeated.ctid = numbered.place and numbered.copy_number > 1;
