"""The input of the benchmarks: simulated events, the same records in several folders, and single events."""

import json
import shutil
import subprocess
import sys
from contextlib import ExitStack
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "events"


def make_input(events: int, seed: int) -> Path:
    """Returns the folder of so many simulated events. It is made once and kept.

    It has JSON Lines only, because DuckDB's reader gives up an array at its first element that is no object.
    """
    folder = ROOT / "data" / "simulated" / f"bench-{events}-{seed}" / "events"
    if not folder.exists():
        simulate = ["-m", "jobs.simulate", "--events", str(events), "--seed", str(seed), "--output", str(folder)]
        subprocess.run([sys.executable, *simulate], cwd=ROOT, check=True)
        shutil.rmtree(folder / "export")
    return folder


def deal(folder: Path, target: Path, hundredths: int, scattered: bool) -> list[Path]:
    """Distributes all records to 1 + `hundredths` new folders of `target`. The first folder has all but the hundredths.

    The hundredths are the newest records. With `scattered`, each one has records of every day and file.
    """
    parts = [target / str(number) for number in range(1 + hundredths)]
    for part in parts:
        part.mkdir(parents=True)
    paths = sorted(folder.rglob("*.jsonl"))
    total = sum(path.read_bytes().count(b"\n") for path in paths)
    numbers = count()
    for path in paths:
        name = str(path.relative_to(folder)).replace("/", "-")
        with path.open("rb") as lines, ExitStack() as opened:
            files: dict[int, BinaryIO] = {}
            # The lines come first, because zip would otherwise take one number too many at the end of each file.
            for line, number in zip(lines, numbers, strict=False):
                hundredth = number % 100 if scattered else number * 100 // total
                part = max(0, hundredth - 99 + hundredths)
                if part not in files:
                    files[part] = opened.enter_context((parts[part] / name).open("wb"))
                files[part].write(line)
    return parts


def find_edit(folder: Path) -> dict[str, Any]:
    """Returns the last valid edit in the newest file, the pattern of single events that are loaded later."""
    for path in sorted(folder.rglob("*.jsonl"), reverse=True):
        for line in reversed(path.read_text(encoding="utf-8", errors="replace").splitlines()):
            if (record := _read_edit(line)) is not None:
                return record
    raise SystemExit(f"no edit of a document stands in the files of {folder}")


def _read_edit(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
        datetime.fromisoformat(record["timestamp"])
        is_sound = record["event_type"] == "document_edit" and record["user_id"] and record["document_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return record if is_sound and "\\u0000" not in line else None


def write_event(folder: Path, edit: dict[str, Any], event_id: str) -> None:
    """Writes a new file with one event. The file is complete when its name appears."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"_{event_id}"
    unfinished.write_text(json.dumps({**edit, "event_id": event_id}) + "\n", encoding="utf-8")
    unfinished.rename(folder / f"{event_id}.jsonl")
