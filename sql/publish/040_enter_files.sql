-- A reading takes the place of the earlier one of the same file; a full refresh takes the place of all. A
-- replay reads a part of a file whose reading stays.
update ops.ingested_files set is_current = false
from ops.pipeline_runs
where
    ingested_files.is_current
    and pipeline_runs.run_id = {run_id}
    and (
        pipeline_runs.kind = 'full_refresh'
        or (
            pipeline_runs.kind = 'load'
            and ingested_files.file_path in (select file_path from {staging}.arrivals)
        )
    );

insert into ops.ingested_files (
    file_id,
    file_path,
    size_bytes,
    modified_at,
    format,
    source,
    mapping_hash,
    records,
    blank,
    quarantined,
    accepted,
    exact_duplicates,
    superseded,
    published,
    replaced,
    run_id,
    is_current
)
select
    arrivals.file_id,
    arrivals.file_path,
    arrivals.size_bytes,
    arrivals.modified_at,
    arrivals.format,
    arrivals.source,
    arrivals.mapping_hash,
    arrivals.records,
    arrivals.blank,
    arrivals.quarantined_rows,
    arrivals.accepted,
    arrivals.exact_duplicates,
    arrivals.superseded_rows,
    arrivals.published_rows,
    arrivals.replaced_rows,
    arrivals.run_id,
    pipeline_runs.kind <> 'replay' as is_current
from {staging}.arrivals
inner join ops.pipeline_runs on arrivals.run_id = pipeline_runs.run_id;
