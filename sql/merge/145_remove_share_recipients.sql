-- Removes recipients whose event is removed, or whose event no longer names them at this time.
delete from public.share_recipients using {staging}.affected_events
where
    share_recipients.event_id = affected_events.event_id
    and not exists (
        select from {staging}.share_recipients as staged
        where
            staged.event_id = share_recipients.event_id
            and staged.user_id = share_recipients.user_id
            and staged.shared_at = share_recipients.shared_at
    );
