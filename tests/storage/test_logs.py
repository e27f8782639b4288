"""Each stage has one JSON line for machines and one plain line for people. Traces go to the file only."""

import json
import subprocess
import sys
from pathlib import Path

CODE = """
import logging, sys
from pathlib import Path
from jobs.storage.process.logs import Stages, configure_logging
configure_logging(Path(sys.argv[1]))
with Stages(20250630120000000).time("parse") as counts:
    counts["accepted"] = 3018
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("job").exception("unforeseen")
"""


def log_a_stage(folder: Path, **environment: str) -> tuple[list[dict[str, object]], str]:
    """Logs a stage. Returns the lines of the file, and the text on standard error."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(folder)], capture_output=True, text=True, check=True, env=environment
    )
    return [json.loads(line) for line in (folder / "pipeline.log").read_text().splitlines()], done.stderr


def test_a_stage_is_one_json_line_in_the_file_and_one_plain_line_on_the_terminal(tmp_path: Path) -> None:
    (stage, error), terminal = log_a_stage(tmp_path)
    assert (stage["run_id"], stage["stage"], stage["counts"]) == (20250630120000000, "parse", {"accepted": 3018})
    assert isinstance(stage["seconds"], float)
    assert (error["level"], "ZeroDivisionError" in str(error["trace"])) == ("ERROR", True)
    assert terminal == f"parse        {stage['seconds']:6.1f} s, accepted 3,018\n"


def test_a_container_may_have_json_on_the_terminal_too(tmp_path: Path) -> None:
    lines, terminal = log_a_stage(tmp_path, LOG_FORMAT="json")
    assert [json.loads(line) for line in terminal.splitlines()] == lines
