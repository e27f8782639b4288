-- All anomalies, one row per finding. Each kind has a view of its own, whose header states its rule. A kind
-- may flag more subjects than a person can look at, and more than a small share of all subjects. Then they
-- are not unusual. Such a kind gets one row here, and its findings stay in its view.

-- This is a function, because a function can have the setting `jit = off`. The planner expects a cost of 25
-- million and 195,000 rows, but the query takes half a second and finds a few rows. A server with
-- just-in-time compilation spends more time on compiling: the query takes 4.2 to 5.2 s there instead of 0.5
-- to 0.9 s (400,000 events, PostgreSQL 15, 2026-11-26). It can become a plain view once counting the rows of
-- the union below is as fast with `set jit = on` as with `set jit = off`, where `pg_jit_available()` is true.
create or replace function metrics.find_anomalies()
returns table (
    anomaly_type text,
    severity text,
    subject_type text,
    subject_id text,
    observed_at timestamptz,
    observed numeric,
    expected numeric,
    explanation text
)
language sql stable
set jit = off
as $$
    with found as materialized (
        select 'metrics.activity_without_login' as view_name, kind.* from metrics.activity_without_login as kind
        union all
        select 'metrics.client_retries' as view_name, kind.* from metrics.client_retries as kind
        union all
        select 'metrics.content_collapses' as view_name, kind.* from metrics.content_collapses as kind
        union all
        select 'metrics.document_sweeps' as view_name, kind.* from metrics.document_sweeps as kind
        union all
        select 'metrics.edit_bursts' as view_name, kind.* from metrics.edit_bursts as kind
        union all
        select 'metrics.identical_fractions' as view_name, kind.* from metrics.identical_fractions as kind
        union all
        select 'metrics.login_spreads' as view_name, kind.* from metrics.login_spreads as kind
        union all
        select 'metrics.past_events' as view_name, kind.* from metrics.past_events as kind
        union all
        select 'metrics.share_bursts' as view_name, kind.* from metrics.share_bursts as kind
        union all
        select 'metrics.silent_days' as view_name, kind.* from metrics.silent_days as kind
    ),

    kinds as materialized (
        select
            found.anomaly_type,
            found.view_name,
            found.subject_type,
            count(*) as findings,
            count(distinct found.subject_id) as subjects,
            min(found.observed_at) as first_observed_at
        from found
        group by found.anomaly_type, found.view_name, found.subject_type
        having count(distinct found.subject_id) > metrics.threshold('too_many', 'subjects')
    ),

    -- kinds is materialized, so that subjects are counted for these kinds only.
    crowded as materialized (
        select *
        from (select kinds.*, metrics.count_subjects(kinds.subject_type) as all_subjects from kinds) as counted
        where counted.subjects > counted.all_subjects * metrics.threshold('too_many', 'share')
    )

    select
        found.anomaly_type,
        found.severity,
        found.subject_type,
        found.subject_id,
        found.observed_at,
        found.observed,
        found.expected,
        found.explanation
    from found
    where found.anomaly_type not in (select crowded.anomaly_type from crowded)
    union all
    select
        crowded.anomaly_type,
        gravest.severity,
        'kind',
        crowded.anomaly_type,
        crowded.first_observed_at,
        crowded.subjects::numeric,
        greatest(
            metrics.threshold('too_many', 'subjects'),
            floor(crowded.all_subjects * metrics.threshold('too_many', 'share'))
        ),
        format(
            'The kind %s flags %s of %s %ss (%s findings), too many to be unusual: look at the log as a whole, or '
            'at the thresholds of the kind. %s has all of them; the gravest is: %s',
            crowded.anomaly_type, crowded.subjects, crowded.all_subjects, crowded.subject_type, crowded.findings,
            crowded.view_name, gravest.explanation
        )
    from crowded
    cross join lateral (
        select
            found.severity,
            found.explanation
        from found
        where found.anomaly_type = crowded.anomaly_type
        order by
            array_position(array['critical', 'warning', 'info'], found.severity), found.observed_at desc,
            found.subject_id collate "C", found.observed desc, found.explanation collate "C"
        limit 1
    ) as gravest
$$;

comment on function metrics.find_anomalies() is 'What metrics.anomalies shows.';

-- Earlier versions read each kind through this function.
drop function if exists metrics.find_kind(text);

-- Earlier versions published events from the future.
drop view if exists metrics.future_events;

create or replace view metrics.anomalies as
select
    anomaly_type,
    severity,
    subject_type,
    subject_id,
    observed_at,
    observed,
    expected,
    explanation
from metrics.find_anomalies()
order by anomaly_type collate "C", observed_at, subject_id collate "C", observed, explanation collate "C";

comment on view metrics.anomalies is
'Unusual things found in the published events, each explained in a sentence; one row per finding, and one '
'row for all findings of a kind that flags too many subjects, by the thresholds of too_many.';
comment on column metrics.anomalies.anomaly_type is
'Kind of finding; each kind has a view of its own that states its rule.';
comment on column metrics.anomalies.severity is
'info: worth knowing; warning: worth a look; critical: look now. The rule is in the view of the kind. The '
'one row of a kind that flags too many has the gravest of them.';
comment on column metrics.anomalies.subject_type is
'What subject_id names: document, user, event, day or fraction; kind where too many were flagged.';
comment on column metrics.anomalies.subject_id is
'Id of the document, user or event, the day, the fraction of a second, or the kind.';
comment on column metrics.anomalies.observed_at is
'When it happened; for findings about a day its start in the business time zone, for a kind that of '
'its first finding.';
comment on column metrics.anomalies.observed is
'The number seen; for a kind the number of subjects that it flags.';
comment on column metrics.anomalies.expected is
'The number that would have been usual; for a kind the most subjects that get a row each.';
comment on column metrics.anomalies.explanation is 'One sentence that says what was seen and what is usual.';
