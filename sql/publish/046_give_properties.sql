-- Gives each staged version its properties, which are the same for all of its records. They come from a
-- record of this run or from the history. An erasure has staged the properties without the person, so those
-- of the history do not count.
create table {staging}.known_properties as
select
    event_id,
    content_fingerprint,
    properties
from {staging}.version_properties
union
select
    event_id,
    content_fingerprint,
    properties
from {staging}.history
where
    properties is not null
    and not exists (
        select from ops.pipeline_runs
        where pipeline_runs.run_id = {run_id} and pipeline_runs.kind = 'erase'
    );

insert into {staging}.event_properties ({event_properties_columns})
select
    events.event_id,
    known_properties.properties
from {staging}.known_properties
inner join {staging}.events
    on
        known_properties.event_id = events.event_id
        and known_properties.content_fingerprint = events.content_fingerprint;

update {staging}.superseded_records set properties = known_properties.properties
from {staging}.known_properties
where
    superseded_records.event_id = known_properties.event_id
    and superseded_records.content_fingerprint = known_properties.content_fingerprint;
