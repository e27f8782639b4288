"""The mappings that the ledger keeps, by name and text."""

from contextlib import closing
from typing import Any

import psycopg2

from jobs.storage.config.sources import read_source_text
from jobs.storage.database.migrations import prepare_database
from jobs.storage.runs.mappings import enter_mappings, read_mappings, read_recorded_mapping
from tests.loading import query
from tests.storage.conftest import load_one_event, prepare

TEXT = "fields: {event_id: id, event_type: type, event_at: at, user_id: who}\n"


def test_two_mappings_may_have_one_text(database: Any) -> None:
    """A file keeps the name of the mapping that read it, though no file of either mapping is left."""
    twins = [read_source_text(TEXT, f"/gone/{name}.yml") for name in ("first", "second")]
    assert twins[0].mapping_hash == twins[1].mapping_hash
    with database.cursor() as cursor:
        prepare_database(cursor)
        enter_mappings(cursor, twins)
        enter_mappings(cursor, twins[:1])
        recorded = [(twin.name, twin.mapping_hash) for twin in twins]
        assert {each: source.name for each, source in read_mappings(cursor, recorded).items()} == {
            each: each[0] for each in recorded
        }
        assert [read_recorded_mapping(cursor, *each).name for each in recorded] == ["first", "second"]


def test_an_older_database_gets_the_names_that_it_did_not_keep(database_url: str) -> None:
    load_one_event(database_url, 1)
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into ops.ingested_files select (jsonb_populate_record(files, jsonb_build_object("
            "'file_id', 2, 'file_path', 'file:///2.json'))).* from ops.ingested_files as files"
        )
        cursor.execute("update ops.ingested_files set source = 'name ' || file_id")
        cursor.execute(
            "truncate ops.mappings; insert into ops.mappings values ('x', 'name 2', 'text', '/in/name 2.yml')"
        )
        cursor.execute("alter table ops.mappings drop constraint mappings_pkey, add primary key (mapping_hash)")
        cursor.execute("delete from ops.migrations where migration = '0020_mappings_by_name'")
    prepare(database_url)
    assert query(database_url, "select name, text, location from ops.mappings order by name") == [
        ("name 1", "text", ""),
        ("name 2", "text", "/in/name 2.yml"),
    ]
