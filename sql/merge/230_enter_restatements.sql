-- Enters the published daily numbers that this run has changed, and the cause. A new event may also change
-- sessions of the day before or after it, so for sessions these days count as its own.
create table {staging}.changed_numbers as
select
    numbers.activity_date,
    numbers.metric,
    numbers.value,
    numbers.value - earlier.value as change
from {staging}.daily_numbers as numbers
inner join {staging}.daily_numbers_before as earlier
    on numbers.activity_date = earlier.activity_date and numbers.metric = earlier.metric
where numbers.value <> earlier.value;

-- So far only the affected users were counted. Now all others are counted, on the days with a change. Most
-- runs have no such day.
delete from {staging}.restated_days
where activity_date not in (select activity_date from {staging}.changed_numbers);

delete from {staging}.counted_users;

insert into {staging}.counted_users (user_id)
select users.user_id
from public.users
left join {staging}.affected_users on users.user_id = affected_users.user_id
where
    affected_users.user_id is null
    and exists (select from {staging}.restated_days);

analyze {staging}.restated_days, {staging}.counted_users;

insert into ops.metric_restatements (run_id, metric, activity_date, old_value, new_value, cause)
with new_event_days as materialized (
    select distinct {staging}.business_day(staged.event_at, staged.event_date) as activity_date
    from {staging}.events as staged
    left join {staging}.history
        on staged.event_id = history.event_id and history.previous_verdict = 'published'
    where staged.run_id = {run_id} and history.event_id is null
),

replacements as (
    select count(*) as event_count
    from {staging}.history
    where
        previous_verdict = 'published'
        and not exists (
            select from {staging}.events as staged
            where
                staged.event_id = history.event_id
                and staged.content_fingerprint = history.content_fingerprint
        )
)

select
    pipeline_runs.run_id,
    numbers.metric,
    numbers.activity_date,
    numbers.value + changed_numbers.value - changed_numbers.change as old_value,
    numbers.value + changed_numbers.value as new_value,
    case
        when pipeline_runs.kind = 'full_refresh' then 'refreshed'
        when pipeline_runs.kind = 'remap' then 'remapped'
        when pipeline_runs.kind = 'replay' then 'replayed'
        when pipeline_runs.kind = 'erase' then 'erased'
        when replacements.event_count = 0 then 'late'
        when exists (
            select from new_event_days
            where
                abs(new_event_days.activity_date - numbers.activity_date)
                <= case when numbers.metric = 'sessions' then 1 else 0 end
        ) then 'late'
        else 'superseded'
    end as cause
from {staging}.daily_numbers as numbers
inner join {staging}.changed_numbers
    on numbers.activity_date = changed_numbers.activity_date and numbers.metric = changed_numbers.metric
inner join ops.pipeline_runs on pipeline_runs.run_id = {run_id}
cross join replacements;
