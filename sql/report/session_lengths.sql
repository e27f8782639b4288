-- The number of rows of public.sessions by length. One row per class of length, empty ones too. A session of
-- one event has no known length, so it has a class of its own.
with classes (position, session_length, lengths) as (
    values
    (1, 'one event', null::numrange),
    (2, 'below 1 min', numrange(0, 60)),
    (3, '1 to 5 min', numrange(60, 300)),
    (4, '5 to 15 min', numrange(300, 900)),
    (5, '15 to 30 min', numrange(900, 1800)),
    (6, '30 to 60 min', numrange(1800, 3600)),
    (7, '1 to 2 h', numrange(3600, 7200)),
    (8, '2 h and more', numrange(7200, null))
),

-- Many sessions have the same length. We group them first, so that each length is looked up once.
lengths as (
    select
        case when event_count > 1 then session_duration_seconds end as seconds,
        count(*) as sessions
    from public.sessions
    group by seconds
),

counts as (
    select
        classes.position,
        sum(lengths.sessions) as sessions
    from classes
    inner join lengths
        on lengths.seconds <@ classes.lengths or (lengths.seconds is null and classes.lengths is null)
    group by classes.position
)

select
    classes.session_length,
    coalesce(counts.sessions, 0) as sessions,
    round(100 * coalesce(counts.sessions, 0) / sum(counts.sessions) over (), 1) as percent
from classes
left join counts on classes.position = counts.position
order by classes.position;
