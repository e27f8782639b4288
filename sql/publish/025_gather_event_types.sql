-- Stages the event types of the catalogue, and the types of staged events that are not in it. If a type is
-- new in this run, all of its events are staged. So they can be counted here.
insert into {staging}.event_types ({event_types_columns})
values
('user_login', 'a user logs in', true, false),
('document_edit', 'a user changes the text of a document', true, true),
('comment_added', 'a user comments on a document', true, true),
('document_shared', 'a user shares a document, with a person or by a link', true, true);

create table {staging}.new_event_types as
with counted as (
    select
        event_type,
        count(*) as event_count
    from {staging}.events
    group by event_type
)

select
    counted.event_type,
    counted.event_count
from counted
left join {staging}.event_types on counted.event_type = event_types.event_type
where event_types.event_type is null;

insert into {staging}.event_types (event_type, is_known, requires_document)
select
    event_type,
    false as is_known,
    false as requires_document
from {staging}.new_event_types;
