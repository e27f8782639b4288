"""The database that the jobs load into: an own server named by DATABASE_URL, else the embedded one.

`python -m jobs.database start|stop|url|psql [--role analyst]`. With DATABASE_URL set, `start` and `stop` do nothing
and say so; set and empty it is rejected, and never taken for the embedded server.
`url` prints one line that psql accepts, never with a password: that of the embedded server stands in the passfile
which the URL names; one in DATABASE_URL itself is left out with a note, and belongs in PGPASSFILE or PGPASSWORD.
The embedded server has a second login, `analyst`, that can only read what is published.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys

from jobs.storage.errors import PipelineError
from jobs.storage.local import embedded_postgres
from jobs.storage.local.database_url import (
    DATA_DIR,
    find_database,
    find_database_of_analyst,
    find_own_database,
    split_password,
)
from jobs.storage.process.signals import run_stoppable


def start_server(_: str) -> None:
    """Start the embedded server where it is wanted."""
    if find_own_database():
        print("DATABASE_URL names a server of your own: nothing to start")
        return
    print(f"PostgreSQL runs: {embedded_postgres.start(DATA_DIR)}")


def stop_server(_: str) -> None:
    """Stop the embedded server if it runs."""
    if find_own_database():
        print("DATABASE_URL names a server of your own: nothing to stop")
        return
    print("PostgreSQL stopped" if embedded_postgres.stop(DATA_DIR) else "PostgreSQL was not running")


def print_url(role: str) -> None:
    """Print the URL without a password, starting the embedded server if needed."""
    url, password = split_password(FINDERS[role]())
    print(url)
    if password is not None:
        print("note: the password is left out; give it by PGPASSFILE or PGPASSWORD", file=sys.stderr)


def open_psql(role: str) -> None:
    """Become psql on the database: the user's own where there is one, else that of the wheel."""
    url, password = split_password(FINDERS[role]())
    program = shutil.which("psql") or str(embedded_postgres.find_programs() / "psql")
    # In the environment, since every user of the machine can read the arguments of a process.
    environment = {**os.environ, **({"PGPASSWORD": password} if password is not None else {})}
    environment.pop("DATABASE_URL", None)
    os.execve(program, [program, url], environment)  # noqa: S606 - no shell is wanted


FINDERS = {"loader": find_database, "analyst": find_database_of_analyst}
COMMANDS = {"start": start_server, "stop": stop_server, "url": print_url, "psql": open_psql}


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m jobs.database", description=__doc__.partition("\n")[0])
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("--role", choices=sorted(FINDERS), default="loader", help="as whom to connect (%(default)s)")
    options = parser.parse_args(arguments)
    try:
        COMMANDS[options.command](options.role)
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(run_stoppable(lambda: main(sys.argv[1:])))
