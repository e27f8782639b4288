-- Everything unusual, one row per finding. Each kind has a view of its own, with its rule in the header.

-- In a function of its own each kind can be a worker's: the views share nothing, and in one large query
-- PostgreSQL would run them one after the other. cost says that each is worth starting a worker for.
create or replace function metrics.find_kind(view_name text)
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
language plpgsql stable parallel safe
cost 1000000
as $$
begin
    return query execute format('select * from metrics.%I', view_name);
end
$$;

comment on function metrics.find_kind(text) is 'What the view of one kind of anomaly shows.';

-- A function, because it can carry settings: the plans are large and each part short, so compiling them costs
-- more than running them, and the default memory would send the daily counts to disk. The longest come first,
-- so that no worker begins with one of them when the others are done.
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
set work_mem = '64MB'
as $$
    select * from metrics.find_kind('edit_bursts')
    union all
    select * from metrics.find_kind('content_collapses')
    union all
    select * from metrics.find_kind('share_bursts')
    union all
    select * from metrics.find_kind('activity_without_login')
    union all
    select * from metrics.find_kind('client_retries')
    union all
    select * from metrics.find_kind('identical_fractions')
    union all
    select * from metrics.find_kind('login_spreads')
    union all
    select * from metrics.find_kind('silent_days')
    union all
    select * from metrics.find_kind('document_sweeps')
    union all
    select * from metrics.find_kind('past_events')
    union all
    select * from metrics.find_kind('future_events')
$$;

comment on function metrics.find_anomalies() is 'What metrics.anomalies shows.';

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
