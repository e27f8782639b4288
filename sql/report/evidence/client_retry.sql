-- What the user sent at that moment, and its copies. One row per event.
with original as (
    select *
    from public.event_details
    where
        user_id = {subject_id}
        and event_type in ('comment_added', 'document_shared')
        and event_at = {observed_at}
)

select
    copies.event_at,
    copies.event_id,
    copies.event_type,
    copies.user_id,
    copies.document_id,
    copies.comment_text,
    copies.shared_with_user_id,
    copies.source_file,
    copies.record_number
from original
inner join public.event_details as copies
    on
        original.user_id = copies.user_id
        and original.event_type = copies.event_type
        and original.document_id = copies.document_id
        and original.comment_text is not distinct from copies.comment_text
        and original.shared_with_user_id is not distinct from copies.shared_with_user_id
        and original.permission is not distinct from copies.permission
where
    copies.event_at >= {observed_at}
    and copies.event_at
    <= {observed_at}
    + make_interval(secs => ({observed} * metrics.threshold('client_retry', 'seconds'))::integer)
order by copies.event_at, copies.event_id
