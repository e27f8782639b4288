-- The readings whose events a full refresh must look at: those that it can't read again, and so keeps. Their
-- file is gone, or it has another content now.
insert into {staging}.searched_readings (file_id)
select places.file_id
from ops.ingested_files as places
inner join ops.ingested_files as holders
    on coalesce(places.read_again_as, places.file_id) = holders.file_id
left join {staging}.closing_readings on holders.file_id = closing_readings.file_id
where not coalesce(closing_readings.is_dropped, false);
