-- The schemas that outlive a run. Staging schemas are made for one run each.
create schema ops;
create schema metrics;
