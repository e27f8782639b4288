-- Everything unusual, one row per finding. Each kind has a view of its own, with its rule in the header.

-- A function, because it can carry the setting `jit = off`. The planner expects this query to cost 25 million
-- and to find 195,000 rows; it takes half a second and finds a few. So a server that compiles costly queries
-- spends longer on compiling than on all the rest: 4.2 to 5.2 s instead of 0.5 to 0.9 s (400,000 events,
-- PostgreSQL 15, 2026-11-26). It can become a plain view once `select count(*) from` the union below takes no
-- longer with `set jit = on` than with `set jit = off`, on a server where `pg_jit_available()` is true.
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
    select * from metrics.activity_without_login
    union all
    select * from metrics.client_retries
    union all
    select * from metrics.content_collapses
    union all
    select * from metrics.document_sweeps
    union all
    select * from metrics.edit_bursts
    union all
    select * from metrics.identical_fractions
    union all
    select * from metrics.login_spreads
    union all
    select * from metrics.past_events
    union all
    select * from metrics.share_bursts
    union all
    select * from metrics.silent_days
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
'Unusual things found in the published events, each explained in a sentence; one row per finding.';
comment on column metrics.anomalies.anomaly_type is
'Kind of finding; each kind has a view of its own that states its rule.';
comment on column metrics.anomalies.severity is
'info: worth knowing; warning: worth a look; critical: look now. The rule is in the view of the kind.';
comment on column metrics.anomalies.subject_type is
'What subject_id names: document, user, event, day or fraction.';
comment on column metrics.anomalies.subject_id is
'Id of the document, user or event, the day, or the fraction of a second.';
comment on column metrics.anomalies.observed_at is
'When it happened; for findings about a day its start in the business time zone.';
comment on column metrics.anomalies.observed is 'The number seen.';
comment on column metrics.anomalies.expected is 'The number that would have been usual.';
comment on column metrics.anomalies.explanation is 'One sentence that says what was seen and what is usual.';
