-- What records hold and no path of their mapping reads: at most 100 names, the most frequent of a source first.
select
    source,
    name,
    records,
    first_run_id
from ops.unmapped_fields
order by source asc, records desc, name asc
limit 100;
