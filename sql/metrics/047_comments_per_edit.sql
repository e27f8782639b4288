-- How many comments there are for each edit. One row per business day with an edit or a comment.
create or replace view metrics.comments_per_edit as
with daily as (
    select
        metrics.business_day(event_at, event_date) as activity_date,
        count(*) filter (where event_type = 'document_edit') as edit_count,
        count(*) filter (where event_type = 'comment_added') as comment_count
    from public.events
    where event_type in ('document_edit', 'comment_added')
    group by metrics.business_day(event_at, event_date)
)

select
    activity_date,
    edit_count,
    comment_count,
    round(comment_count::numeric / nullif(edit_count, 0), 4) as comments_per_edit
from daily
order by activity_date;

comment on view metrics.comments_per_edit is
'Comments in proportion to edits; one row per business day with at least one of either.';
comment on column metrics.comments_per_edit.activity_date is 'Day in the business time zone.';
comment on column metrics.comments_per_edit.edit_count is 'Number of document_edit events.';
comment on column metrics.comments_per_edit.comment_count is 'Number of comment_added events.';
comment on column metrics.comments_per_edit.comments_per_edit is
'comment_count / edit_count, to 4 decimals; null on a day without an edit.';
