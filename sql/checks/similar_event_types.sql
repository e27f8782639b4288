-- severity: warn
-- One row per event type that differs from another one only by case or by signs, such as `Document-Edit` and
-- `document edit`. `similar_to` is the type of the catalogue, else the first in byte order. `example` is the
-- entry for a mapping that makes them one type (conf/README.md).
with spelled as (
    select
        event_type,
        is_known,
        -- Signs are given as ranges of Unicode, because the character classes of PostgreSQL depend on the
        -- locale.
        regexp_replace(
            lower(event_type),
            '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u3000]',
            '',
            'g'
        ) as letters
    from public.event_types
),

compared as (
    select
        event_type,
        is_known,
        letters,
        first_value(event_type) over (
            partition by letters
            order by is_known desc, event_type collate "C" asc
        ) as similar_to
    from spelled
)

select
    event_type,
    similar_to,
    'event_types: ' || jsonb_build_object(event_type, similar_to)::text as example
from compared
where
    letters <> ''
    and event_type <> similar_to
    and not is_known
order by event_type collate "C";
