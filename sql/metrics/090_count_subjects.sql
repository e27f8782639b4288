-- How many subjects of a type an anomaly can be about. It is called only for a kind that flags very many.
create or replace function metrics.count_subjects(subject_type text)
returns bigint
language sql stable parallel safe
as $$
    select case subject_type
        when 'document' then (select count(*) from public.documents where last_edited_at is not null)
        when 'user' then (select count(distinct sessions.user_id) from public.sessions)
        when 'event' then (select count(*) from public.events)
        when 'day' then (select count(distinct metrics.business_day(sessions.started_at)) from public.sessions)
        when 'fraction' then (
            select count(distinct date_part('microseconds', sessions.started_at)::bigint % 1000000)
            from public.sessions
        )
    end
$$;

comment on function metrics.count_subjects(text) is
'How many there are of what subject_type names: documents that were edited, users who acted, events, '
'business days and fractions of a second on which sessions start.';
