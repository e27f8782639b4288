-- The comment or share that the user sent at the observed moment, and its copies. One row per event.
with sent as (
    select
        event_details.*,
        (
            select string_agg(share_recipients.user_id, ', ' order by share_recipients.user_id)
            from public.share_recipients
            where share_recipients.event_id = event_details.event_id
        ) as shared_with
    from public.event_details
    where
        event_details.user_id = {subject_id}
        and event_details.event_type in ('comment_added', 'document_shared')
),

original as (
    select *
    from sent
    where event_at = {observed_at}
)

select
    copies.event_at,
    copies.event_id,
    copies.event_type,
    copies.user_id,
    copies.document_id,
    copies.comment_text,
    copies.shared_with,
    copies.source_file,
    copies.record_number
from original
inner join sent as copies
    on
        original.user_id = copies.user_id
        and original.event_type = copies.event_type
        and original.document_id = copies.document_id
        and original.comment_text is not distinct from copies.comment_text
        and original.shared_with is not distinct from copies.shared_with
        and original.permission is not distinct from copies.permission
where
    copies.event_at >= {observed_at}
    and copies.event_at
    <= {observed_at}
    + make_interval(secs => ({observed} * metrics.threshold('client_retry', 'seconds'))::integer)
order by copies.event_at, copies.event_id
