"""The Makefile: it documents itself, hands over arguments untouched, and keeps standard output clean."""

import json
import os
import re
import shutil
import subprocess
import sys
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
    return make_probe(tmp_path)


def make_probe(tmp_path: Path) -> str:
    """The same, as a value to hand to make."""
    script = tmp_path / "probe.py"
    script.write_text("import json, sys; print(json.dumps(sys.argv[1:]))")
    return f"PYTHON={sys.executable} -I -S {script}"  # without the packages, which it does not need


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


def test_the_file_to_accept_reaches_the_job_as_it_was_typed(probe: str) -> None:
    job = ["-m", "jobs.submit", "--database", "jobs/accept.py"]
    assert json.loads(run_make("accept", probe, "FILE=it's $(HOME)").stdout) == [*job, "--file", "it's $(HOME)"]
    assert json.loads(run_make("accept", probe).stdout) == job


def test_database_url_is_in_no_argument_list(probe: str) -> None:
    done = run_make("pipeline", probe, DATABASE_URL="postgresql://u@h/$d")
    assert "postgresql" not in done.stdout.splitlines()[0]


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


@pytest.mark.parametrize(("target", "folder"), [("faults", "tests/faults/kills"), ("cluster-test", "tests/cluster")])
def test_a_long_proof_runs_the_tests_that_make_test_leaves_out(target: str, folder: str) -> None:
    """Of a folder inside another one pytest takes the settings of the other, which may leave it out."""
    done = run_make(target, "-o", "build/packages.tar.gz", PYTEST_ADDOPTS="--collect-only -q")
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).glob("test_*.py")}
    assert (done.returncode, done.stderr) == (0, "")
    assert files
    assert {file for file in files if f"{file}::" not in done.stdout} == set()
