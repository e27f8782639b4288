-- severity: error
-- One row if the merge did not publish exactly what was staged. All events of a session are staged together,
-- so the sessions of staged events must hold these events and no others. All staged recipients and superseded
-- records must be there too.
with counted as (
    select
        (
            select count(*) from {run_events}
        ) as staged_events,
        (
            select count(*) from public.events
            where events.session_id in (select run_events.session_id from {run_events} as run_events)
        ) as published_events,
        (
            select count(*) from {run_recipients}
        ) as staged_recipients,
        (
            select count(*) from public.share_recipients
            where share_recipients.event_id in (select run_events.event_id from {run_events} as run_events)
        ) as published_recipients,
        (
            select count(*) from {staging}.superseded_records
        ) as staged_superseded_records,
        (
            select count(*) from {staging}.superseded_records as staged
            where exists (
                select from ops.superseded_records
                where
                    superseded_records.event_id = staged.event_id
                    and superseded_records.content_fingerprint = staged.content_fingerprint
            )
        ) as published_superseded_records
)

select
    staged_events,
    published_events,
    staged_recipients,
    published_recipients,
    staged_superseded_records,
    published_superseded_records
from counted
where
    staged_events <> published_events
    or staged_recipients <> published_recipients
    or staged_superseded_records <> published_superseded_records;
