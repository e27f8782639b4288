"""Starts, stops or opens the database that the jobs load into: the one of DATABASE_URL, or else the embedded one.

Its commands are `python -m jobs.database start|stop|url|psql [--role analyst]`. If DATABASE_URL is set, `start` and
`stop` do nothing and say so. An empty DATABASE_URL is an error, because it may be a mistake.

`url` prints one line that psql accepts. It never contains a password: the URL of the embedded server names a passfile,
and a password in DATABASE_URL is left out with a note to use PGPASSFILE or PGPASSWORD. The embedded server has a second
login, `analyst`, which can only read what is published.
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
    """Starts the embedded server, unless DATABASE_URL names another one."""
    if find_own_database():
        print("DATABASE_URL names a server of your own: nothing to start")
        return
    print(f"PostgreSQL runs: {embedded_postgres.start(DATA_DIR)}")


def stop_server(_: str) -> None:
    """Stops the embedded server if it runs."""
    if find_own_database():
        print("DATABASE_URL names a server of your own: nothing to stop")
        return
    print("PostgreSQL stopped" if embedded_postgres.stop(DATA_DIR) else "PostgreSQL was not running")


def print_url(role: str) -> None:
    """Prints the URL without a password. Starts the embedded server if needed."""
    url, password = split_password(FINDERS[role]())
    print(url)
    if password is not None:
        print("note: the password is left out; give it by PGPASSFILE or PGPASSWORD", file=sys.stderr)


def open_psql(role: str) -> None:
    """Replaces this process by psql: the one on the PATH, or else the one of the embedded server."""
    url, password = split_password(FINDERS[role]())
    program = shutil.which("psql") or str(embedded_postgres.find_programs() / "psql")
    # The password goes into the environment, since every user of the machine can read the arguments of a process.
    environment = {**os.environ, **({"PGPASSWORD": password} if password is not None else {})}
    environment.pop("DATABASE_URL", None)
    os.execve(program, [program, url], environment)  # noqa: S606 - no shell is wanted


FINDERS = {"loader": find_database, "analyst": find_database_of_analyst}
COMMANDS = {"start": start_server, "stop": stop_server, "url": print_url, "psql": open_psql}


def main(arguments: list[str]) -> int:
    """Runs one command. Returns the exit code."""
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
