"""The variables of the Makefile: all of them reach the job, whoever sets them, as they were typed."""

import json
import sys
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from tests.builders import ROOT
from tests.test_make import VARIABLES, make_probe, run_make


@pytest.fixture
def probe(tmp_path: Path) -> str:
    """A PYTHON for make that prints the arguments it is given, one JSON list a call."""
    return make_probe(tmp_path)


@pytest.fixture(scope="module")
def deep_probe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PYTHON for make that prints arguments and environment of each call."""
    script = tmp_path_factory.mktemp("probe") / "probe.py"
    script.write_text(
        f"import json, os, sys; print(json.dumps([sys.argv[1:], {{k: os.environ.get(k) for k in {VARIABLES}}}]))"
    )
    return f"PYTHON={sys.executable} -I -S {script}"


# What each variable is for, and a value that shows: arguments or environment of the job differ by it.
USES = [
    ("pipeline", "INPUT", "my logs"),
    ("plan", "INPUT", "my logs"),
    ("stream", "INPUT", "my logs"),
    ("fields", "INPUT", "my logs"),
    ("fields", "SOURCE", "mine.yml"),
    ("pipeline", "SOURCE", "mine.yml"),
    ("pipeline", "MASTER", "spark://h:7077"),
    ("pipeline", "SPARK_ARGS", "--driver-memory 2g --conf 'a=b c'"),
    ("pipeline", "EVENT_LOG", "1"),
    ("stream", "EVENT_LOG", "1"),
    ("pipeline", "JDBC_JAR", "/a b.jar"),
    ("pipeline", "METRICS_FILE", "my metrics.prom"),
    ("stream", "OPENLINEAGE_URL", "http://marquez:5000"),
    ("pipeline", "FULL_REFRESH", "1"),
    ("plan", "FULL_REFRESH", "1"),
    ("pipeline", "DROP_MISSING", "1"),
    ("pipeline", "ACCEPT_QUALITY", "1"),
    ("stream", "ONCE", "1"),
    ("simulate", "EVENTS", "17"),
    ("bench", "EVENTS", "17"),
    ("simulate", "SEED", "17"),
    ("simulate", "OUTPUT", "my logs"),
    ("simulate", "ANOMALIES", "all"),
    ("simulate", "STREAM", "1"),
    ("bench", "ROUNDS", "3"),
    ("bench", "ONLY", "small stream"),
    ("bench-compare", "BASE", "HEAD~1"),
    ("chaos", "KILLS", "17"),
    ("anomaly-test", "SEEDS", "3"),
    ("replay", "REASON", "bad_value"),
    ("replay", "FILE", "a b.json"),
    ("replay", "RUN", "17"),
    ("trace", "EVENT", "e 17"),
    ("trace", "RECORD", "17"),
    ("acknowledge", "FINDING", "17"),
    ("acknowledge", "NOTE", "our own test"),
    ("pipeline", "REMAP", "1"),
    ("erase", "CONFIRM", "1"),
    ("erase", "UNKNOWN", "1"),
    ("psql", "ROLE", "analyst"),
    ("database-url", "ROLE", "analyst"),
]


@cache
def run_without(target: str, probe: str) -> str:
    """What is printed where no variable is set."""
    return run_make(target, probe, "-o", ".venv-bench/.installed").stdout


@pytest.mark.parametrize(("target", "name", "value"), USES)
def test_a_variable_counts_before_make_as_behind_the_target(
    deep_probe: str, target: str, name: str, value: str
) -> None:
    without = run_without(target, deep_probe)
    behind = run_make(target, deep_probe, "-o", ".venv-bench/.installed", f"{name}={value}")
    before = run_make(target, deep_probe, "-o", ".venv-bench/.installed", **{name: value})
    assert behind.stdout.splitlines()[0] == before.stdout.splitlines()[0] != without.splitlines()[0]


def test_every_variable_is_tried() -> None:
    assert {name for _, name, _ in USES} | {"RATE"} == set(VARIABLES)  # RATE counts with STREAM=1 only


def test_rate_and_seconds_of_a_live_simulation_count_before_make(probe: str) -> None:
    live = json.loads(run_make("simulate", probe, STREAM="1", RATE="5", SECONDS="3").stdout)
    assert live[-4:] == ["--rate", "5", "--seconds", "3"]


@pytest.mark.parametrize("value", ["$(shell touch PWNED) `touch PWNED` $(touch PWNED)", "'; touch PWNED; '", "a # b"])
def test_no_value_is_expanded_by_make_or_the_shell(deep_probe: str, value: str) -> None:
    """The switches too: each is tested for being off."""
    for target in ("pipeline", "fields", "stream", "simulate", "trace", "erase"):
        behind = run_make(target, deep_probe, *(f"{name}={value}" for name in VARIABLES)).stdout
        before = run_make(target, deep_probe, **dict.fromkeys(VARIABLES, value)).stdout
        assert behind == before
        environment = json.loads(before.splitlines()[0])[1]
        assert environment == dict.fromkeys(VARIABLES, value)
    assert not (ROOT / "PWNED").exists()


@pytest.mark.parametrize(
    ("target", "name"),
    [
        *product(["pipeline", "plan", "stream"], ["INPUT", "SOURCE", "MASTER", "DATABASE_URL"]),
        *product(["fields"], ["INPUT", "SOURCE"]),
    ],
)
def test_an_empty_variable_is_refused_and_not_taken_for_the_default(target: str, name: str) -> None:
    for done in (run_make(target, **{name: ""}), run_make(target, f"{name}=")):
        assert done.returncode == 2
        (error,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
        option = f" (--{name.lower()})" if name in ("INPUT", "SOURCE") else ""
        assert error == f"error: {name}{option} is set and empty: write what it is to be, or leave it out"
        assert done.stdout == ""


@pytest.mark.parametrize(
    "target", ["metrics", "check", "database-url", "psql", "stop", "trace", "report", "quarantine"]
)
def test_no_command_takes_an_empty_database_url_for_the_embedded_server(target: str) -> None:
    options = ["EVENT=e1"] if target == "trace" else []
    done = run_make(target, *options, DATABASE_URL="")
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: DATABASE_URL is set and empty" in done.stderr


@pytest.mark.parametrize("target", ["docker-up", "docker-airflow"])
def test_a_container_is_not_given_the_sample_for_an_empty_input(target: str) -> None:
    done = run_make(target, "-o", "docker/.env", "COMPOSE=true", INPUT="")
    assert done.returncode == 2
    assert "error: INPUT= is not a folder" in done.stderr


def test_a_simulation_does_not_write_into_this_folder_for_an_empty_output() -> None:
    done = run_make("simulate", "OUTPUT=", "EVENTS=1")
    assert done.returncode == 2
    assert "must name a folder, not be empty" in done.stderr


def test_switches_are_handed_on_only_when_on(probe: str) -> None:
    both = json.loads(run_make("pipeline", probe, "FULL_REFRESH=1", "DROP_MISSING=1").stdout.splitlines()[0])
    none = json.loads(run_make("pipeline", probe, "FULL_REFRESH=0").stdout.splitlines()[0])
    assert both[-2:] == ["--full-refresh", "--drop-missing"]
    assert none[-2:] == ["--source", "conf/sources/default.yml"]


def test_nobody_is_erased_who_is_not_named_on_the_command_line(tmp_path: Path) -> None:
    script = tmp_path / "probe.py"
    script.write_text("import os, sys; print(sys.argv[-1], repr(os.environ['ERASE_USER']))")
    probe = f"PYTHON={sys.executable} {script}"
    assert run_make("erase", probe, USER="root").stdout == "jobs/erase.py ''\n"
    assert run_make("erase", "-e", probe, USER="root").stdout == "jobs/erase.py ''\n"
    assert run_make("erase", probe, USER="root", ERASE_USER="bob").stdout == "jobs/erase.py ''\n"
    named = run_make("erase", probe, "USER=$(shell touch PWNED) o'hara", "CONFIRM=1", USER="root").stdout
    assert named == """--confirm "$(shell touch PWNED) o'hara"\n"""
    assert not (ROOT / "PWNED").exists()


def test_stream_and_live_simulation_are_told_what_make_was_told(probe: str) -> None:
    once = json.loads(run_make("stream", probe, "ONCE=1", "INPUT=a b").stdout)
    live = json.loads(run_make("simulate", probe, "STREAM=1", "RATE=5", "SECONDS=3").stdout)
    batch = json.loads(run_make("simulate", probe, "RATE=5").stdout)
    assert once[2:] == [
        "--database",
        "jobs/stream.py",
        "--input",
        "a b",
        "--source",
        "conf/sources/default.yml",
        "--once",
    ]
    assert live[-4:] == ["--rate", "5", "--seconds", "3"]
    assert batch[-2:] == ["--output", "data/simulated/events"]
