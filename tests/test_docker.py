"""What the container files promise: no password in them, nothing open to the network, no more rights than needed."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from typing import Any

import pytest
import yaml

from tests.builders import ROOT
from tests.test_make import prepare_make

DOCKER = ROOT / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yml").read_text())
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
DATABASE = COMPOSE["services"]["database"]
PIPELINE = COMPOSE["services"]["pipeline"]


def test_pipeline_waits_for_a_database_that_answers_by_tcp() -> None:
    assert PIPELINE["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert {"pg_isready", "--host=127.0.0.1"} <= set(DATABASE["healthcheck"]["test"])


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_ports_are_published_on_this_machine_only(name: str) -> None:
    ports = COMPOSE["services"][name].get("ports", [])
    assert [port for port in ports if not str(port).startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_password_must_come_from_outside(name: str) -> None:
    environment: dict[str, Any] = COMPOSE["services"][name].get("environment", {})
    passwords = [str(value) for key, value in environment.items() if "PASSWORD" in key]
    assert [value for value in passwords if not re.match(r"\$\{\w+:\?", value)] == []
    assert [value for value in map(str, environment.values()) if re.search(r"://[^@/]*:[^@/]*@", value)] == []


def test_both_services_get_the_same_password() -> None:
    assert DATABASE["environment"]["POSTGRES_PASSWORD"] == PIPELINE["environment"]["PGPASSWORD"]


def test_pipeline_can_write_only_where_results_and_temporary_files_go() -> None:
    writable = [volume for volume in PIPELINE["volumes"] if isinstance(volume, str) or not volume["read_only"]]
    assert PIPELINE["read_only"] is True
    assert writable == ["data:/app/data", "/spill"]


def test_pipeline_has_no_privileges() -> None:
    assert PIPELINE["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in PIPELINE["security_opt"]
    users = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)
    assert users
    assert users[-1] != "0"


def test_an_input_or_source_that_is_set_and_empty_is_not_replaced_by_the_default() -> None:
    defaults = re.findall(r"\$\{(INPUT|SOURCE)(:?-)", (DOCKER / "compose.yml").read_text())
    assert sorted(defaults) == [("INPUT", "-")] * 2 + [("SOURCE", "-")] * 2


def test_cluster_is_in_the_named_volume_whatever_the_version() -> None:
    # Up to 17 the image puts a volume of its own on .../data, which would hide that part of ours.
    assert "database:/var/lib/postgresql" in DATABASE["volumes"]
    assert re.fullmatch(r"/var/lib/postgresql/(?!data\b)\w+", DATABASE["environment"]["PGDATA"])


def test_example_holds_no_password() -> None:
    example = (DOCKER / ".env.example").read_text()
    assert re.findall(r"^\W*\w*PASSWORD\w*=(.*)$", example, re.MULTILINE) == [""]


def test_image_gets_every_package_of_the_project_and_no_file_of_passwords() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    for folder in ("conf", "jobs", "schemas", "sql"):
        assert f"!{folder}" in ignored
        assert f"COPY {folder} {folder}" in DOCKERFILE
    assert "!docker" not in ignored or "docker/*" in ignored[ignored.index("!docker") :]
    assert [line for line in ignored if line.startswith("!") and ".env" in line] == []


def test_versions_of_packages_stand_in_setup_cfg_only() -> None:
    assert re.findall(r"==|\bpyspark\b|\b\d+\.\d+\.\d+\b", DOCKERFILE) == []


def test_runbook_has_a_paragraph_for_every_exit_code() -> None:
    from jobs.storage.process.exit_codes import MEANINGS

    runbook = (DOCKER / "README.md").read_text()
    missing = [code for code in [0, *MEANINGS] if not re.search(rf"^\*\*{code}\b", runbook, re.MULTILINE)]
    assert missing == []


def run_entry(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What the container runs as its first process, behind tini, with another command."""
    entry = json.loads(re.findall(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.MULTILINE)[0])
    assert entry == ["tini", "--", "python3", "/app/docker/entry.py"]
    return subprocess.run(
        [sys.executable, DOCKER / "entry.py", *command],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("exit 0", 0),
        ("exit 2", 2),
        ("printf 3 > $EXIT_CODE_FILE; exit 2", 3),
        ("printf 0 > $EXIT_CODE_FILE; exit 2", 2),  # the job was done, and what make did next has failed
        ("kill -TERM $$", 143),
    ],
)
def test_the_container_ends_with_the_code_of_its_job(command: str, code: int) -> None:
    assert run_entry("sh", "-c", command).returncode == code


def test_a_stop_reaches_the_command_and_a_job_that_ended_well_is_no_failure() -> None:
    # As `make stream`: the job ends with 0 after its batch, and make ends by the signal that it has handed on.
    command = (
        "trap 'printf 0 > $EXIT_CODE_FILE; trap - TERM; kill -TERM $$' TERM; echo ready; while :; do sleep 0.1; done"
    )
    with subprocess.Popen(
        [sys.executable, DOCKER / "entry.py", "bash", "-c", command], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_make_pipeline_in_the_container_ends_with_the_code_of_the_job_and_not_with_that_of_make() -> None:
    words = json.loads(re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)[0])
    assert words == ["make", "pipeline", "INPUT=/input"]
    command, environment = prepare_make("pipeline", "INPUT=/input", "MASTER=none")  # rejected before a JVM starts
    done = run_entry("sh", "-c", f"{shlex.join(command)}; test $? = 2 && exit 7", **environment)
    assert done.returncode == 2, done.stderr
    assert "exit code 2: " in done.stderr
