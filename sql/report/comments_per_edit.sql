-- metrics.comments_per_edit: one row per day of the last 30 with an edit or a comment.
select
    comments.activity_date,
    comments.edit_count,
    comments.comment_count,
    comments.comments_per_edit
from metrics.comments_per_edit as comments
inner join metrics.daily_active_users as reported on comments.activity_date = reported.activity_date
order by comments.activity_date;
