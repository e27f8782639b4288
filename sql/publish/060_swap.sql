-- The new tables take the place of the old ones; names of keys and indexes move along.
drop schema metrics cascade;

create schema metrics;

drop view if exists public.event_details;

drop view if exists ops.health;

drop table if exists public.events, public.sessions, public.documents, public.users;

alter table {staging}.users set schema public;

alter table {staging}.documents set schema public;

alter table {staging}.sessions set schema public;

alter table {staging}.events set schema public;

drop schema {staging} cascade;
