-- The analyst reads what is published and the metrics, and nothing of ops; the loader reads all views.
grant usage on schema metrics to document_events_analyst;

grant select on public.users, public.documents, public.sessions, public.events, public.event_details
to document_events_analyst;

grant select on all tables in schema metrics to document_events_analyst;

grant select on all tables in schema ops, metrics to document_events_loader;

grant select on public.event_details to document_events_loader;
