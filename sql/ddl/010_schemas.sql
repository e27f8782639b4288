-- The permanent schemas. Each run also makes a staging schema of its own, and drops it at its end.
create schema ops;
create schema metrics;
