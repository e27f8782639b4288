-- The schemas that outlive a run. Staging schemas are made for one run each and swept by the next.
create schema if not exists ops;
create schema if not exists metrics;
