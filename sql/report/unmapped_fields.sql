-- What records hold and no path of their mapping reads: 100 names, of each source the most frequent first.
select
    source,
    name,
    records,
    first_run_id
from ops.unmapped_fields
order by source asc, records desc, name asc
limit 100;
