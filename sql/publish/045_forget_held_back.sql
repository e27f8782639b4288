-- A file that is loaded is not held back any more. A replay loads no file, but records of an earlier reading.
delete from ops.held_back_files
using {staging}.arrivals, ops.pipeline_runs
where
    held_back_files.file_path = arrivals.file_path
    and pipeline_runs.run_id = {run_id}
    and pipeline_runs.kind <> 'replay';
