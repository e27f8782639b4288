"""Reads the catalogue of a database as rows that can be compared."""

from contextlib import closing
from typing import Any

import psycopg2

CATALOGUE = """
with ours as (
    select pg_class.*, nspname from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid
    where nspname in ('public', 'metrics', 'ops')
)

select 'column', format('%I.%I', nspname, relname), row_number() over (
    partition by attrelid order by attnum
) || ' ' || attname, concat_ws(
    ' ', format_type(atttypid, atttypmod), collname, case when attnotnull then 'not null' end, attidentity
)
from ours inner join pg_attribute on attrelid = ours.oid left join pg_collation on attcollation = pg_collation.oid
where relkind in ('r', 'v') and attnum > 0 and not attisdropped
union all
select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(pg_constraint.oid)
from ours inner join pg_constraint on conrelid = ours.oid
union all
select 'index', indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid)
from ours inner join pg_index on indrelid = ours.oid
union all
select 'view', format('%I.%I', nspname, relname), '', pg_get_viewdef(oid) from ours where relkind = 'v'
union all
select 'function', proname, '', pg_get_functiondef(pg_proc.oid)
from pg_proc where pronamespace in ('metrics'::regnamespace, 'ops'::regnamespace)
union all
select 'comment', format('%I.%I', nspname, relname), attname::text, description
from ours inner join pg_description on objoid = ours.oid and classoid = 'pg_class'::regclass
left join pg_attribute on attrelid = objoid and attnum = objsubid and attnum > 0
union all
select 'storage', format('%I.%I', nspname, relname), relkind::text, relpersistence::text
from ours where relkind in ('r', 'S')
union all
select 'right', format('%I.%I', nspname, relname), rights.grantee::regrole::text, rights.privilege_type
from ours cross join aclexplode(coalesce(relacl, acldefault('r', relowner))) as rights
where relkind in ('r', 'v')
order by 1, 2, 3, 4
"""


def read_catalogue(url: str) -> list[tuple[Any, ...]]:
    """Returns one row per column, constraint, index, view, function, comment, table and right of our schemas."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(CATALOGUE)
        return cursor.fetchall()
