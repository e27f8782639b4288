-- Publishes a first load: its staged tables become the published ones. Their keys and indexes keep their
-- names.
alter table {staging}.users set schema public;

alter table {staging}.documents set schema public;

alter table {staging}.sessions set schema public;

alter table {staging}.events set schema public;

alter table {staging}.share_recipients set schema public;

alter table {staging}.event_properties set schema public;

alter table {staging}.event_types set schema public;
