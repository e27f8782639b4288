-- Recipients of events that are staged again or are no more; those of the staged versions come after the events.
delete from public.share_recipients using {staging}.affected_events
where share_recipients.event_id = affected_events.event_id;
