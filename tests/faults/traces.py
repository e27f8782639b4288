"""Everything that a run shows or writes while it runs and afterwards, where a password could be seen."""

import json
import urllib.request
from contextlib import suppress
from pathlib import Path

from tests.builders import ROOT
from tests.loading import query


def read_running(url: str, page: str) -> dict[str, str]:
    """What can be seen of a run while it runs, by its place. `page` is the address of Spark's web page."""
    statements = query(url, "select query from pg_stat_activity where usename = current_user")
    return {**_read_web_pages(page), **_read_command_lines(), "pg_stat_activity": str(statements)}


def read_left(folder: Path) -> dict[str, str]:
    """What runs have left: their output and data, and Spark's own log."""
    files = [folder / "output", *(path for path in (folder / "data").rglob("*") if path.is_file())]
    files += (ROOT / "data" / "runs").glob("spark*.log")
    return {str(path): path.read_bytes().decode(errors="replace") for path in files}


def _fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - http, of this machine
        return str(answer.read().decode())


def _read_web_pages(page: str) -> dict[str, str]:
    """What Spark's pages say of environment, executors and each query."""
    (application,) = json.loads(_fetch(f"{page}/api/v1/applications"))
    api = f"/api/v1/applications/{application['id']}"
    queries = json.loads(_fetch(f"{page}{api}/sql?length=500"))
    paths = ["/environment/", "/executors/", "/jobs/", "/stages/", "/SQL/", f"{api}/environment"]
    paths += [f"{api}/sql?details=true&planDescription=true&length=500"]
    paths += [f"/SQL/execution/?id={execution['id']}" for execution in queries]
    return {path: _fetch(f"{page}{path}") for path in paths}


def _read_command_lines() -> dict[str, str]:
    """The arguments of all processes of this machine, as everybody can read them."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found[str(path)] = path.read_bytes().decode(errors="replace")
    return found
