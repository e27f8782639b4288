-- The settings of the metrics, from conf/pipeline.yml. PostgreSQL replaces each call by the function's body
-- and computes constants while it plans. So the functions cost nothing per row.

create or replace function metrics.business_time_zone()
returns text
language sql immutable parallel safe
as $$
    select {business_time_zone}::text
$$;

comment on function metrics.business_time_zone() is
'The time zone of days and weekdays in all metrics: business_time_zone of conf/pipeline.yml.';

create or replace function metrics.business_day(happened_at timestamptz)
returns date
language sql immutable parallel safe
as $$
    select (happened_at at time zone metrics.business_time_zone())::date
$$;

comment on function metrics.business_day(timestamptz) is
'The day of an instant in the business time zone.';

-- The variant for events. In UTC it returns the stored day, so that an index on the day suffices.
create or replace function metrics.business_day(event_at timestamptz, event_date date)
returns date
language sql immutable parallel safe
as $$
    select case metrics.business_time_zone()
        when 'UTC' then event_date
        else metrics.business_day(event_at)
    end
$$;

comment on function metrics.business_day(timestamptz, date) is
'The day of an event in the business time zone, from its event_at and its event_date.';

create or replace function metrics.business_day_start(business_day date)
returns timestamptz
language sql immutable parallel safe
as $$
    select business_day::timestamp at time zone metrics.business_time_zone()
$$;

comment on function metrics.business_day_start(date) is
'The instant at which a day of the business time zone begins.';

create or replace function metrics.threshold(anomaly_type text, threshold_name text)
returns numeric
language sql immutable parallel safe
as $$
    select ({thresholds}::jsonb -> anomaly_type ->> threshold_name)::numeric
$$;

comment on function metrics.threshold(text, text) is
'A threshold of a kind of anomaly: a number below anomalies in conf/pipeline.yml. Null for an unknown name.';
