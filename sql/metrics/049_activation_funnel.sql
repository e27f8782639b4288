-- How many people take the steps from a login to a comment by somebody else. Four rows, one per step. A user
-- reaches a step after all steps before it. These are the steps, each with the event that reaches it:
--   1. the first login of the user;
--   2. the first edit since then;
--   3. the first share since then, with people or by link, of any document;
--   4. the first comment since then, by somebody else, on the document of step 2.
-- Events at the same instant count as being in the order of the steps, because their ids are arbitrary. If
-- the first edits are at the same instant, the one with the smallest id counts.
create or replace view metrics.activation_funnel as
with logins as (
    select
        user_id,
        min(event_at) as logged_in_at
    from public.events
    where event_type = 'user_login'
    group by user_id
),

-- lateral, so that PostgreSQL finds each time by a short read of an index.
paths as (
    select
        logins.logged_in_at,
        first_edit.edited_at,
        first_share.shared_at,
        first_comment.commented_at
    from logins
    left join lateral (
        select
            events.document_id,
            events.event_at as edited_at
        from public.events
        where
            events.user_id = logins.user_id
            and events.event_type = 'document_edit'
            and events.event_at >= logins.logged_in_at
        order by events.event_at, events.event_id collate "C" -- noqa: RF03
        limit 1
    ) as first_edit on true
    left join lateral (
        select events.event_at as shared_at
        from public.events
        where
            events.user_id = logins.user_id
            and events.event_type = 'document_shared'
            and events.event_at >= first_edit.edited_at
        order by events.event_at
        limit 1
    ) as first_share on true
    left join lateral (
        select events.event_at as commented_at
        from public.events
        where
            events.document_id = first_edit.document_id
            and events.event_type = 'comment_added'
            and events.event_at >= first_share.shared_at
            and events.user_id <> logins.user_id
        order by events.event_at
        limit 1
    ) as first_comment on true
),

-- The names come first, so that a step that nobody reached has a row too.
steps (step_number, step) as (
    select
        names.step_number,
        names.step
    from (
        values (1, 'first_login'), (2, 'first_edit'), (3, 'first_share'), (4, 'first_comment_by_others')
    ) as names (step_number, step)
    where exists (select from public.events)
),

reached as (
    select
        times.step_number,
        times.reached_at,
        extract(epoch from times.reached_at - times.previous_at) as seconds
    from paths
    cross join
        lateral (
            values
            (1, paths.logged_in_at, null::timestamptz),
            (2, paths.edited_at, paths.logged_in_at),
            (3, paths.shared_at, paths.edited_at),
            (4, paths.commented_at, paths.shared_at)
        ) as times (step_number, reached_at, previous_at)
),

counts as (
    select
        steps.step_number,
        steps.step,
        count(reached.reached_at) as users,
        percentile_cont(0.5) within group (order by reached.seconds) as median_seconds
    from steps
    left join reached on steps.step_number = reached.step_number
    group by steps.step_number, steps.step
)

select
    step_number,
    step,
    users,
    round(users::numeric / nullif(first_value(users) over (order by step_number), 0), 4)
        as share_of_first_step,
    round(median_seconds::numeric, 6) as median_seconds_since_previous_step
from counts
order by step_number;

comment on view metrics.activation_funnel is
'How many people got from their first login to an edit, to a share and to a comment by somebody else, in '
'this order; one row per step. No row in an empty database.';
comment on column metrics.activation_funnel.step_number is 'Position of the step, from 1 to 4.';
comment on column metrics.activation_funnel.step is
'first_login; first_edit since that login; first_share since that edit; first_comment_by_others since that '
'share, on the document of that edit.';
comment on column metrics.activation_funnel.users is
'People who reached the step, having reached all the steps before it in this order.';
comment on column metrics.activation_funnel.share_of_first_step is
'users / users of the first step, to 4 decimals; null where nobody logged in.';
comment on column metrics.activation_funnel.median_seconds_since_previous_step is
'Median over those users of the time since the step before, in seconds, interpolated, to 6 decimals; null '
'for the first step and where nobody reached the step.';
