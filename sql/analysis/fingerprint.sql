-- One row per published table: its number of rows, and a hash of their content.
-- The hash does not depend on the order of loading, the time zone or the date style. It covers the business
-- columns only, not the place of a record in its file. Each row is hashed as a JSON array, so that null, an
-- empty text and separators stay different. Instants are seconds since 1970 UTC. The two halves of each md5
-- are summed modulo 2^64, and the two sums are printed one after the other.
with hashed_rows as (
    select
        'users' as table_name,
        md5(json_build_array(
            user_id, name, email, extract(epoch from first_seen_at), extract(epoch from last_seen_at)
        )::text) as row_hash
    from public.users
    union all
    select
        'documents' as table_name,
        md5(json_build_array(
            document_id, title, extract(epoch from first_seen_at), first_seen_by,
            last_edited_by, extract(epoch from last_edited_at), word_count
        )::text) as row_hash
    from public.documents
    union all
    select
        'sessions' as table_name,
        md5(json_build_array(
            session_id, user_id, extract(epoch from started_at), extract(epoch from ended_at),
            session_duration_seconds, event_count
        )::text
        || coalesce(' edit_count ' || to_json(edit_count)::text, '')
        || coalesce(' comment_count ' || to_json(comment_count)::text, '')
        || coalesce(' share_count ' || to_json(share_count)::text, '')
        || coalesce(' document_count ' || to_json(document_count)::text, '')) as row_hash
    from public.sessions
    union all
    select
        'events' as table_name,
        md5(json_build_array(
            event_id, event_type, extract(epoch from event_at), extract(epoch from event_date), day_of_week,
            user_id, document_id, session_id, document_word_count, edit_length, comment_text,
            permission, device, ip_address,
            reported_user_name, reported_user_email, reported_document_title, content_fingerprint
        )::text
        || coalesce(' revision ' || to_json(revision)::text, '')) as row_hash
    from public.events
    union all
    select
        'share_recipients' as table_name,
        md5(json_build_array(event_id, user_id, extract(epoch from shared_at))::text) as row_hash
    from public.share_recipients
    union all
    select
        'event_properties' as table_name,
        md5(json_build_array(event_id, properties)::text) as row_hash
    from public.event_properties
    union all
    select
        'event_types' as table_name,
        md5(json_build_array(event_type, description, is_known, requires_document)::text) as row_hash
    from public.event_types
),

halves as (
    select
        table_name,
        ('x' || left(row_hash, 16))::bit(64)::bigint as high_half,
        ('x' || right(row_hash, 16))::bit(64)::bigint as low_half
    from hashed_rows
),

sums as (
    select
        tables.table_name,
        tables.position,
        count(halves.table_name) as row_count,
        coalesce(sum(halves.high_half), 0) as high_sum,
        coalesce(sum(halves.low_half), 0) as low_sum
    from (
        values
        ('users', 1), ('documents', 2), ('sessions', 3), ('event_types', 4), ('events', 5),
        ('share_recipients', 6), ('event_properties', 7)
    ) as tables (table_name, position)
    left join halves on tables.table_name = halves.table_name
    group by tables.table_name, tables.position
),

-- The sums are wrapped into the range of bigint, -2^63 to 2^63 - 1, which to_hex prints as 64 bits.
constants as (
    select
        18446744073709551616::numeric as two_to_64,
        9223372036854775808::numeric as two_to_63
),

wrapped as (
    select
        sums.table_name,
        sums.position,
        sums.row_count,
        mod(
            mod(sums.high_sum + constants.two_to_63, constants.two_to_64) + constants.two_to_64,
            constants.two_to_64
        ) - constants.two_to_63 as high_sum,
        mod(
            mod(sums.low_sum + constants.two_to_63, constants.two_to_64) + constants.two_to_64,
            constants.two_to_64
        ) - constants.two_to_63 as low_sum
    from sums
    cross join constants
)

select
    table_name,
    row_count as rows,
    lpad(to_hex(high_sum::bigint), 16, '0') || lpad(to_hex(low_sum::bigint), 16, '0') as fingerprint
from wrapped
order by position;
