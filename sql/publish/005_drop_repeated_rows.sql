-- A task that Spark ran again may have written its rows twice: of rows that agree in every column one stays.
-- Rows that share a key and differ are left, and the key rejects them. Run for each staged table.
delete from {staging}.{table} as repeated using (
    select
        staged.ctid as place,
        row_number() over (partition by staged.*) as copy_number
    from {staging}.{table} as staged
) as numbered
where repeated.ctid = numbered.place and numbered.copy_number > 1;
