-- The analyst may use the schema metrics. The right to read is granted for each view separately.
grant usage on schema metrics to document_events_analyst;
