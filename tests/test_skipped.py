"""A test that is skipped fails a run of CI, unless that is allowed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import ROOT

TESTS = """
import pytest

def test_skipped():
    pytest.skip("no chromium")

def test_passes():
    pass
"""


@pytest.mark.parametrize(
    ("environment", "code"),
    [({"CI": "true"}, 1), ({"CI": "true", "ALLOW_SKIPPED_TESTS": "1"}, 0), ({}, 0)],
    ids=["in CI", "allowed", "elsewhere"],
)
@pytest.mark.parametrize("processes", [[], ["-p", "xdist", "--numprocesses", "1"]], ids=["one process", "xdist"])
def test_a_skipped_test_fails_ci(environment: dict[str, str], code: int, processes: list[str], tmp_path: Path) -> None:
    (tmp_path / "test_skips.py").write_text(TESTS)
    clean = {name: value for name, value in os.environ.items() if name not in ("CI", "ALLOW_SKIPPED_TESTS")}
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-q", "-c", "/dev/null", *processes]
    done = subprocess.run(
        [*command, "test_skips.py"],
        cwd=tmp_path,
        # To look for plugins and import them takes a second.
        env=clean | environment | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "1 passed, 1 skipped" in done.stdout) == (code, True), done.stdout + done.stderr
    assert ("1 tests were skipped" in done.stdout) == (code == 1)
