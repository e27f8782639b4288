-- What records hold and no path of their mapping reads: 100 names, of each source the most frequent first.
select
    source,
    name,
    records,
    first_run_id
from ops.unmapped_fields
order by source collate "C" asc, records desc, name collate "C" asc
limit 100;
