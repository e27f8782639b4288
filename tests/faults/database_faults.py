"""Faults of the database that a run meets while it stages or publishes, and how the run ends then."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from secrets import token_hex
from tempfile import mkdtemp
from urllib.parse import urlsplit

import psycopg2

from jobs.storage.database.passfile import read_passfile
from jobs.storage.database.postgres import LOADER
from jobs.storage.local import embedded_postgres
from tests.builders import record_json
from tests.conftest import run_on_server
from tests.faults.conftest import Site
from tests.faults.harness import stopped_while

Ended = tuple[int | None, str]  # exit code and what was shown


def read_error(shown: str) -> str:
    """The one line of error that the run told its user, without a trace."""
    lines = shown.splitlines()
    assert not [line for line in lines if line.startswith(("Traceback", "\tat "))]
    (error,) = [line for line in lines if line.startswith("error: ")]
    return error


def disturb(site: Site, stage: str, fault: Callable[[list[int]], object], url: str | None = None) -> Ended:
    """A run that meets the fault in that stage; the fault is given the backends of the stage."""
    site.wait_for_server()
    with redirect_stderr(StringIO()) as shown:
        with stopped_while(site.url, stage) as wait:
            job = site.start(url)
            fault(wait())
        return job.wait(), shown.getvalue()


def crash(pids: list[int]) -> None:
    """One backend is killed; PostgreSQL ends the others and recovers."""
    os.kill(pids[0], signal.SIGKILL)


def set_read_only(site: Site, value: str) -> None:
    """As after a failover to a standby; only new connections notice."""
    writable = f"{site.url}&options=-c%20default_transaction_read_only%3Doff"
    run_on_server(writable, f"alter database {urlsplit(site.url).path[1:]} set default_transaction_read_only = {value}")


@contextmanager
def small_disk(site: Site, data_dir: Path, megabytes: int) -> Iterator[bool]:
    """A file system of that size under what the database makes from now on; False where none may be mounted."""
    place = Path(mkdtemp(prefix="document-events-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", place], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        place.rmdir()
        yield False
        return
    try:
        owner = (data_dir / "cluster").stat()
        os.chown(place, owner.st_uid, owner.st_gid)
        _, passwords = read_passfile(data_dir / "passfile")
        parts = urlsplit(site.url)
        name, superuser = parts.path[1:], embedded_postgres.SUPERUSER
        login = {"user": superuser, "password": passwords[superuser], "dbname": "postgres"}
        with closing(psycopg2.connect(host=parts.hostname, port=parts.port, **login)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"create tablespace small location '{place}'")
                cursor.execute(f"grant create on tablespace small to {LOADER}")
                cursor.execute(f"alter database {name} set default_tablespace = 'small'")
                yield True
                cursor.execute(f"alter database {name} reset default_tablespace")
                cursor.execute("drop tablespace small")
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
        place.rmdir()


def fill_disk(site: Site, fragile_folder: Path) -> Ended | None:
    """A run of a file that is larger than the disk; None where no small disk can be made."""
    site.wait_for_server()
    with redirect_stderr(StringIO()) as shown, small_disk(site, fragile_folder, megabytes=3) as is_small:
        if not is_small:
            return None
        # Few records are modelled quickly. PostgreSQL can not compress random text.
        texts = [record_json(event_id=f"large {n}", comment_text=token_hex(10_000)) for n in range(300)]
        (path := site.events / "large.jsonl").write_text("\n".join(texts) + "\n")
        code = site.start().wait()
        path.unlink()
        return code, shown.getvalue()


def assert_ended(ended: Ended, code: int, words: str | None) -> None:
    """The run had that exit code, and its one line of error has these words."""
    assert ended[0] == code
    if words:
        assert words in read_error(ended[1])
