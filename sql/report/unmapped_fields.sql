-- The fields of records that no path of their mapping reads, the most frequent of each source first. At most
-- 100 rows, one per source and name.
select
    source,
    name,
    records,
    first_run_id
from ops.unmapped_fields
order by source collate "C" asc, records desc, name collate "C" asc
limit 100;
