"""The Makefile: it documents itself, hands over arguments untouched, and keeps standard output clean."""

import json
import os
import re
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from jobs.storage.errors import UsageError
from jobs.storage.local.database_url import split_password

ROOT = Path(__file__).resolve().parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()
# make itself takes them from the environment of whoever runs these tests.
VARIABLES = re.search(r"^VARIABLES := ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)[1].replace("\\\n", " ").split()  # type: ignore[index]


def prepare_make(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """make with this test's Python instead of .venv, which it is not to build or touch: (command, environment)."""
    ours = {*VARIABLES, "BENCH_EVENTS", "DURATION", "ERASE_USER", "SECONDS", "MFLAGS"}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MAKE") and key not in ours}
    stamps = ["-o", ".venv/.local", "-o", ".venv/.report", "-o", ".venv/.test"]
    python = [] if any(argument.startswith("PYTHON=") for argument in arguments) else [f"PYTHON={sys.executable}"]
    return ["make", "-s", *stamps, *python, *arguments], kept


def run_make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it in the project's folder."""
    command, kept = prepare_make(*arguments)
    return subprocess.run(command, cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, check=False)


@pytest.fixture
def probe(tmp_path: Path) -> str:
    """A PYTHON for make that prints the arguments it is given, one JSON list a call."""
    script = tmp_path / "probe.py"
    script.write_text("import json, sys; print(json.dumps(sys.argv[1:]))")
    return f"PYTHON={sys.executable} {script}"


@pytest.fixture
def deep_probe(tmp_path: Path) -> str:
    """A PYTHON for make that prints arguments and environment of each call."""
    script = tmp_path / "deep_probe.py"
    script.write_text(
        f"import json, os, sys; print(json.dumps([sys.argv[1:], {{k: os.environ.get(k) for k in {VARIABLES}}}]))"
    )
    return f"PYTHON={sys.executable} {script}"


def test_every_target_is_in_the_help() -> None:
    targets = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    shown = run_make("help").stdout
    assert targets
    assert [target for target in targets if f"  make {target} " not in shown] == []


def test_help_is_what_make_alone_does() -> None:
    assert run_make().stdout == run_make("help").stdout


def test_database_url_prints_a_url_and_nothing_else(server: str) -> None:
    done = run_make("database-url", DATABASE_URL=server)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{server}\n", "")


def test_the_role_is_handed_on_and_only_the_embedded_server_has_its_analyst(probe: str, server: str) -> None:
    assert json.loads(run_make("psql", probe, "ROLE=analyst").stdout)[-2:] == ["--role", "analyst"]
    done = run_make("database-url", "ROLE=analyst", DATABASE_URL=server)
    assert "error: DATABASE_URL names a server of your own, and only the embedded server has a login" in done.stderr


def test_database_url_leaves_the_password_out() -> None:
    done = run_make("database-url", DATABASE_URL="postgresql://me:s3cret@db.example:5432/logs?sslmode=require")
    assert done.stdout == "postgresql://me@db.example:5432/logs?sslmode=require\n"
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize("target", ["stop", "psql"])
def test_own_server_is_neither_stopped_nor_named_with_its_password(target: str) -> None:
    done = run_make(target, DATABASE_URL="postgresql://me:s3cret@127.0.0.1:1/logs")
    assert "s3cret" not in done.stdout + done.stderr
    assert done.returncode == (0 if target == "stop" else 2)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p%40ss@h:1/d", ("postgresql://u@h:1/d", "p@ss")),
        ("postgresql://u@h/d?password=x&passfile=/a%20b", ("postgresql://u@h/d?passfile=/a%20b", "x")),
        ("postgresql://u@[::1]:1/d?passfile=/a", ("postgresql://u@[::1]:1/d?passfile=/a", None)),
        ("host=h user=u password=x dbname=d", ("host=h user=u dbname=d", "x")),
    ],
)
def test_password_is_split_from_a_url(url: str, expected: tuple[str, str | None]) -> None:
    without, password = split_password(url)
    assert (" ".join(sorted(without.split())), password) == (" ".join(sorted(expected[0].split())), expected[1])


def test_unreadable_url_is_refused_without_repeating_it() -> None:
    with pytest.raises(UsageError) as caught:
        split_password("postgresql://u:s3cret@h/d?nonsense=1")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "folder",
    [
        "with space",
        "[a]*{b}?",
        'quote"; touch PWNED; "',
        "$(shell touch PWNED)",
        "`touch PWNED`$(touch PWNED)$$HOME",
        "it's",
        "ünïcode",
    ],
)
def test_input_reaches_the_job_as_it_was_typed(probe: str, folder: str) -> None:
    done = run_make("pipeline", probe, f"INPUT={folder}")
    submitted = json.loads(done.stdout.splitlines()[0])
    assert submitted[:6] == ["-m", "jobs.submit", "--database", "jobs/pipeline.py", "--input", folder]
    assert not (ROOT / "PWNED").exists()


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


@pytest.mark.parametrize(("target", "name", "value"), USES)
def test_a_variable_counts_before_make_as_behind_the_target(
    deep_probe: str, target: str, name: str, value: str
) -> None:
    without = run_make(target, deep_probe, "-o", ".venv-bench/.installed").stdout
    behind = run_make(target, deep_probe, "-o", ".venv-bench/.installed", f"{name}={value}")
    before = run_make(target, deep_probe, "-o", ".venv-bench/.installed", **{name: value})
    assert behind.stdout.splitlines()[0] == before.stdout.splitlines()[0] != without.splitlines()[0]


def test_every_variable_is_tried() -> None:
    assert {name for _, name, _ in USES} | {"RATE"} == set(VARIABLES)  # RATE counts with STREAM=1 only


def test_rate_and_seconds_of_a_live_simulation_count_before_make(probe: str) -> None:
    live = json.loads(run_make("simulate", probe, STREAM="1", RATE="5", SECONDS="3").stdout)
    assert live[-4:] == ["--rate", "5", "--seconds", "3"]


@pytest.mark.parametrize("value", ["$(shell touch PWNED)", "`touch PWNED`$(touch PWNED)", "'; touch PWNED; '", "a # b"])
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


def test_the_file_to_accept_reaches_the_job_as_it_was_typed(probe: str) -> None:
    job = ["-m", "jobs.submit", "--database", "jobs/accept.py"]
    assert json.loads(run_make("accept", probe, "FILE=it's $(HOME)").stdout) == [*job, "--file", "it's $(HOME)"]
    assert json.loads(run_make("accept", probe).stdout) == job


def test_database_url_is_in_no_argument_list(probe: str) -> None:
    done = run_make("pipeline", probe, DATABASE_URL="postgresql://u@h/$d")
    assert "postgresql" not in done.stdout.splitlines()[0]


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


def test_old_python_is_one_line_and_leaves_no_venv(tmp_path: Path) -> None:
    for name in ("Makefile", "setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "conf" / "requirements", tmp_path / "conf" / "requirements")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "python3").write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
    (programs / "python3").chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    environment = {key: value for key, value in environment.items() if not key.startswith("MAKE")}
    done = subprocess.run(
        ["make", "-s", "metrics"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "error: python3 is Python 3.9.2; install Python 3.11 or later" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_unreachable_database_is_one_line_and_exit_code_4(tmp_path: Path) -> None:
    unreachable = "postgresql://nobody@127.0.0.1:1/nothing"
    done = run_make("metrics", DATABASE_URL=unreachable, HOME=str(tmp_path))
    assert done.returncode == 2
    error_lines = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(error_lines) == 1
    assert "can't be reached" in error_lines[0]
    assert "Error 4" in done.stderr
