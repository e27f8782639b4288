-- A file that is loaded is no longer held back. A replay does not count, because it loads single records of
-- an earlier reading and not the file.
delete from ops.held_back_files
using {staging}.arrivals, ops.pipeline_runs
where
    held_back_files.file_path = arrivals.file_path
    and pipeline_runs.run_id = {run_id}
    and pipeline_runs.kind <> 'replay';
