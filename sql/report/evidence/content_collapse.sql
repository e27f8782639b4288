-- The edit of the document at the observed moment, with the two before and the two after it. One row per
-- event.
with edits as (
    select
        *,
        row_number() over (order by event_at, event_id) as position
    from public.event_details
    where document_id = {subject_id} and event_type = 'document_edit' and document_word_count is not null
),

found as (
    select min(position) as position
    from edits
    where event_at = {observed_at}
)

select
    edits.event_at,
    edits.user_id,
    edits.document_id,
    edits.document_word_count,
    edits.edit_length,
    edits.source_file,
    edits.record_number
from edits
inner join found on edits.position between found.position - 2 and found.position + 2
order by edits.position
