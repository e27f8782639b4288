-- A client that sends the same comment or share several times, each time with another event id. So the
-- pipeline can't recognize the copies as duplicates. One row per series of copies. Two copies may be a double
-- click, so they do not suffice. Edits are left out, because saving a document twice is common and harmless.
create or replace view metrics.client_retries as
with sent as (
    select
        user_id,
        event_at,
        lag(event_at, metrics.threshold('client_retry', 'copies')::integer - 1) over (
            partition by user_id order by event_at
        ) as earlier_at
    from public.events
    where event_type in ('comment_added', 'document_shared')
),

-- Users who sent many comments or shares in a short time, the same or not. They are few, and we compare only
-- their events.
hasty as (
    select
        user_id,
        event_at,
        earlier_at
    from sent
    where
        event_at - earlier_at <= make_interval(
            secs => (
                metrics.threshold('client_retry', 'seconds')
                * (metrics.threshold('client_retry', 'copies') - 1)
            )
            ::double precision
        )
),

sent_hastily as (
    select distinct
        events.event_id,
        events.user_id,
        events.event_at,
        events.event_type,
        events.document_id,
        events.comment_text,
        events.permission
    from hasty
    inner join public.events
        on
            hasty.user_id = events.user_id
            and events.event_at between hasty.earlier_at and hasty.event_at
            and events.event_type in ('comment_added', 'document_shared')
),

copies as (
    select
        sent_hastily.*,
        (
            select array_agg(share_recipients.user_id order by share_recipients.user_id)
            from public.share_recipients
            where share_recipients.event_id = sent_hastily.event_id
        ) as recipients
    from sent_hastily
),

gaps as (
    select
        *,
        coalesce(
            event_at - lag(event_at) over content
            > make_interval(secs => metrics.threshold('client_retry', 'seconds')::double precision),
            true
        ) as is_first
    from copies
    window content as (
        partition by user_id, event_type, document_id, comment_text, recipients, permission
        order by event_at, event_id
    )
),

runs as (
    select
        *,
        count(*) filter (where is_first) over (
            partition by user_id, event_type, document_id, comment_text, recipients, permission
            order by event_at, event_id
        ) as run
    from gaps
),

retries as (
    select
        user_id,
        event_type,
        document_id,
        count(*) as copies,
        min(event_at) as first_at,
        max(event_at) as last_at
    from runs
    group by user_id, event_type, document_id, comment_text, recipients, permission, run
    having count(*) >= metrics.threshold('client_retry', 'copies')
)

select
    'client_retry' as anomaly_type,
    case
        when copies >= metrics.threshold('client_retry', 'copies_for_warning') then 'warning' else 'info'
    end as severity,
    'user' as subject_type,
    user_id as subject_id,
    first_at as observed_at,
    copies::numeric as observed,
    1::numeric as expected,
    format(
        'The same %s of user %s on document %s came %s times under different ids within %s s from %s UTC on; '
        'sent once it should count once.',
        case event_type when 'comment_added' then 'comment' else 'share' end, user_id, document_id, copies,
        round(extract(epoch from last_at - first_at), 1),
        to_char(first_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
    ) as explanation
from retries;

comment on view metrics.client_retries is
'Comments and shares that came several times within seconds, the same but for their ids, by the thresholds '
'of client_retry.';
comment on column metrics.client_retries.anomaly_type is 'Always client_retry.';
comment on column metrics.client_retries.severity is
'info; warning from the threshold of copies_for_warning on.';
comment on column metrics.client_retries.subject_type is 'Always user.';
comment on column metrics.client_retries.subject_id is 'The user whose client repeats itself.';
comment on column metrics.client_retries.observed_at is 'Time of the first copy.';
comment on column metrics.client_retries.observed is 'Number of copies.';
comment on column metrics.client_retries.expected is 'Always 1: what is sent once comes once.';
comment on column metrics.client_retries.explanation is
'One sentence that says what was seen and what is usual.';
