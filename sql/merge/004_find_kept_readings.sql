-- The readings whose events have to be looked at: those that a full refresh can't read again and keeps, since
-- the file is gone, or holds something else now.
insert into {staging}.searched_readings (file_id)
select places.file_id
from ops.ingested_files as places
inner join ops.ingested_files as holders
    on coalesce(places.read_again_as, places.file_id) = holders.file_id
left join {staging}.closing_readings on holders.file_id = closing_readings.file_id
where not coalesce(closing_readings.is_dropped, false);
