-- A bucket is read without Hadoop, by the name that everybody else has for it: s3a: becomes s3:.
-- A file that was loaded under both names keeps both.
update ops.ingested_files
set file_path = regexp_replace(file_path, '^s3a:', 's3:')
where
    file_path like 's3a:%'
    and not exists (
        select 1
        from ops.ingested_files as other
        where other.file_path = regexp_replace(ingested_files.file_path, '^s3a:', 's3:')
    );
