-- The analyst may look into metrics; what it may read there is granted view by view.
grant usage on schema metrics to document_events_analyst;
