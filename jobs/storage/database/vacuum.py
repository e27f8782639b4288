"""What PostgreSQL tidies up by itself some time, done at once."""

import logging
from collections.abc import Iterable
from contextlib import closing

import psycopg2
from psycopg2 import sql

from jobs.storage.database.postgres import connect
from jobs.storage.errors import PipelineError, describe

logger = logging.getLogger(__name__)


def vacuum_after_load(database_url: str, published: Iterable[str]) -> None:
    """Once a large load is committed, so that no reader waits for it: a million new events take 0.7 s, and the metrics
    half of their time. Where it can't be done the run is none the worse.
    """
    try:
        vacuum(database_url, [("public", table) for table in published])
    except (psycopg2.Error, PipelineError) as error:
        logger.warning("no vacuum now, which the database does by itself some time: %s", describe(error))


def vacuum(database_url: str, tables: Iterable[tuple[str, str]]) -> None:
    """Let the database forget the old versions of rows of these (schema, table), and note what it needs for its plans.

    Only who owns a table may; what the database says to others is logged.
    """
    with closing(connect(database_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("reset role")  # the login may own both what is published and the ledger
            for schema, table in tables:
                cursor.execute(sql.SQL("vacuum (analyze) {}").format(sql.Identifier(schema, table)))
        for notice in connection.notices:
            logger.warning("%s", notice.strip())
