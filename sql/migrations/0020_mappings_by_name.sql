-- Two mappings may have the same text. Until now such a text was kept under the name that was read last.
alter table ops.mappings
drop constraint mappings_pkey,
add constraint mappings_pkey primary key (mapping_hash, name);

-- Where the mapping file of the other name was is not known.
insert into ops.mappings (mapping_hash, name, text, location, entered_at)
select distinct
    mappings.mapping_hash,
    files.source as name,
    mappings.text,
    '' as location,
    mappings.entered_at
from ops.ingested_files as files
inner join ops.mappings on files.mapping_hash = mappings.mapping_hash
where files.source <> mappings.name;
