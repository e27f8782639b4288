-- metrics.time_to_first_share in classes. One row per class, empty ones too, with its number of users. Only
-- users who have acted count.
with classes (position, first_share, seconds) as (
    values
    (1, 'within an hour', numrange(0, 3600)),
    (2, 'within a day', numrange(3600, 86400)),
    (3, 'within a week', numrange(86400, 604800)),
    (4, 'later', numrange(604800, null)),
    (5, 'never so far', null::numrange)
),

counts as (
    select
        classes.position,
        count(*) as users
    from classes
    inner join metrics.time_to_first_share as first_shares
        on
            first_shares.seconds_to_first_share <@ classes.seconds
            or (first_shares.seconds_to_first_share is null and classes.seconds is null)
    where first_shares.first_event_at is not null
    group by classes.position
)

select
    classes.first_share,
    coalesce(counts.users, 0) as users,
    round(100 * coalesce(counts.users, 0) / sum(counts.users) over (), 1) as percent
from classes
left join counts on classes.position = counts.position
order by classes.position;
