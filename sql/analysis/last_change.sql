-- The latest run that may have changed the published tables; no row before the first. A run that held
-- everything back, or met only records that are known, published nothing.
select max(run_id) as run_id
from ops.pipeline_runs
where status = 'succeeded' and (published > 0 or replaced > 0 or kind in ('erase', 'full_refresh'))
having max(run_id) is not null;
