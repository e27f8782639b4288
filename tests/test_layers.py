"""Layers point one way: entry points -> steps, reporting, simulation, profiling -> transforms, storage -> records ->
schemas.

What no test of behaviour shows: that somebody who reads a module needs to know only what lies below it.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted([*ROOT.glob("jobs/**/*.py"), *ROOT.glob("schemas/*.py")])

RECORDS = {"schemas", "jobs.records", "jobs.records.files", "jobs.records.values"}
# What each room may import beside itself, from the bottom up. Of `jobs.storage` itself that is `errors`.
ALLOWED = {
    "schemas": set(),
    "jobs.records.values": set(),
    "jobs.records.files": {"schemas", "jobs.records.values"},
    "jobs.records": RECORDS,
    "jobs.transforms": RECORDS,
    "jobs.simulation": {"schemas"},
    "jobs.storage": set(),
}
# Each of these may import those before it.
STORAGE = ("process", "config", "database", "local", "input", "runs", "quarantine", "erasure", "monitoring")
for place, room in enumerate(STORAGE):
    ALLOWED[f"jobs.storage.{room}"] = RECORDS | {
        "jobs.storage",
        *(f"jobs.storage.{below}" for below in STORAGE[:place]),
    }
WHOLE_STORAGE = {room for room in ALLOWED if room.startswith("jobs.storage")}
ALLOWED["jobs.reporting"] = {"schemas"} | WHOLE_STORAGE
ALLOWED["jobs.profiling"] = RECORDS | {"jobs.storage", "jobs.storage.input"}
ALLOWED["jobs.steps"] = RECORDS | {"jobs.transforms"} | WHOLE_STORAGE
# An entry point may import everything but another one.
ALLOWED["jobs"] = set(ALLOWED)

# What is imported only in some rooms. Spark's workers import `records`, which must not drag Spark in.
FOREIGN = {
    "pyspark": {"schemas", "jobs.transforms", "jobs.steps", "jobs"} | WHOLE_STORAGE,
    "psycopg2": {"jobs.reporting", "jobs.steps", "jobs"} | WHOLE_STORAGE,
}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room_of(module: str) -> str:
    """The room that a module, or a name in it, belongs to."""
    return next(room for room in sorted(ALLOWED, key=len, reverse=True) if f"{module}.".startswith(f"{room}."))


def imports(path: Path) -> set[str]:
    """The modules that a file imports, anywhere in it; of `from package import name` the name is one, too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_from_rooms_below_its_own(path: Path) -> None:
    room = room_of(name_of(path))
    own = [name for name in imports(path) if name.split(".")[0] in ("jobs", "schemas")]
    upwards = [name for name in own if room_of(name) not in ALLOWED[room] | ({room} - {"jobs"})]
    assert not upwards, f"{name_of(path)} must not import {', '.join(sorted(upwards))}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_spark_and_the_database_are_for_some_rooms_only(path: Path) -> None:
    room = room_of(name_of(path))
    strangers = [name for name in imports(path) if room not in FOREIGN.get(name.split(".")[0], {room})]
    assert not strangers, f"{name_of(path)} must not import {', '.join(sorted(strangers))}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_rooms_are_small_enough_to_look_through() -> None:
    rooms = [folder for folder in {path.parent for path in MODULES} if folder != ROOT / "jobs"]
    crowded = {str(folder.relative_to(ROOT)): len(list(folder.glob("*.py"))) - 1 for folder in rooms}
    assert {room: modules for room, modules in crowded.items() if modules > 14} == {}
