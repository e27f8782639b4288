"""Says whether the numbers can be trusted, point by point."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from jobs.reporting.data import Report, Row
from jobs.reporting.formats import duration, instant, number, percent
from jobs.storage.wording import plural

# With a larger share of quarantined records the point says look. The quality gate of conf/pipeline.yml stops a run only
# at a far larger share.
_NOTABLE_QUARANTINE = 0.02
_NAMED_FILES = 3


@dataclass(frozen=True)
class Point:
    """One reason to trust the numbers or not. `state` is good, look or bad."""

    state: str
    title: str
    text: str


def points_of_trust(report: Report) -> list[Point]:
    """Returns all points: the sums, the last run, and records that are quarantined, repeated, late or missing."""
    health = report.rows("health")[0]
    runs = report.rows("runs")
    repeated = health["exact_duplicates"] + health["superseded"]
    return [
        _sums(health),
        _last_run(runs),
        _checks(report.rows("checks")),
        _quarantined(health),
        _held_back(report.rows("held_back")),
        *_empty_folders(health),
        Point(
            "good",
            "Duplicates are not counted",
            f"{plural(health['exact_duplicates'], 'exact duplicate')} and"
            f" {plural(health['superseded'], 'superseded version')} were left out,"
            f" {percent(repeated, health['accepted'])} of the valid records.",
        ),
        _late(report),
        Point(
            "good",
            "How far the data reach",
            f"The newest event is of {instant(health['newest_event_at'])}."
            " The last day is complete only if no more of its events arrive.",
        ),
    ]


def _sums(health: Row) -> Point:
    if health["files_not_closing"]:
        sums = "the records are not the sum of blank, ignored, quarantined and valid ones; run make check."
        return Point("bad", "The sums do not add up", f"In {plural(health['files_not_closing'], 'file')} {sums}")
    return Point(
        "good",
        "The sums add up",
        f"{number(health['records'])} records in {plural(health['files'], 'file')} = {number(health['blank'])} blank"
        f" + {number(health['ignored'])} ignored"
        f" + {number(health['quarantined'])} quarantined + {number(health['accepted'])} valid, file by file.",
    )


def _last_run(runs: list[Row]) -> Point:
    run = runs[0]
    words = f"Run {run['run_id']} of {instant(run['started_at'])}"
    if run["status"] == "succeeded":
        return Point("good", "The last run succeeded", f"{words} took {duration(run['seconds'])}.")
    if run["status"] == "running":
        return Point("look", "A run is under way", f"{words} has not ended; these numbers are those before it.")
    return Point(
        "look", "The last run failed", f"{words}: these numbers are those before it. {run['error'] or ''}".strip()
    )


def _quarantined(health: Row) -> Point:
    open_records, records = health["open_quarantined_records"], health["records"]
    if not open_records:
        return Point("good", "Nothing is quarantined", "No record is open in quarantine.")
    is_notable = open_records > _NOTABLE_QUARANTINE * float(records)
    return Point(
        "look" if is_notable else "good",
        "Many records are quarantined" if is_notable else "Few records are quarantined",
        f"{plural(open_records, 'record')} of {number(records)}, {percent(open_records, records)}, are in quarantine"
        " and missing from every number here until they are replayed.",
    )


def _held_back(files: list[Row]) -> Point:
    if not files:
        return Point("good", "No file is held back", "Every file that was found bad has been fixed or accepted.")
    names = ", ".join(unquote(file["file"]).removeprefix("file://") for file in files[:_NAMED_FILES])
    more = f" and {len(files) - _NAMED_FILES} more" if len(files) > _NAMED_FILES else ""
    return Point(
        "look",
        f"{plural(len(files), 'file')} held back",
        f"Too many records of {names}{more} are bad. No number here counts them until the file is fixed, or make accept"
        " accepts it.",
    )


def _empty_folders(health: Row) -> list[Point]:
    if not (count := health["empty_input_folders"]):
        return []
    text = "A run found no file in its input folder, so that new events may be missing; make check names the folder."
    return [Point("look", f"{plural(count, 'input folder')} empty", text)]


def _checks(checks: list[Row]) -> Point:
    found = [check for check in checks if check["findings"]]
    if not checks:
        return Point("look", "No run was checked", "Run make check: it checks all tables.")
    if not found:
        words = f"{plural(len(checks), 'check')} found nothing in the last run that was checked."
        return Point("good", "All checks passed", words)
    names = ", ".join(f"{check['check_name'].replace('_', ' ')} ({number(check['findings'])})" for check in found)
    is_error = any(check["severity"] == "error" for check in found)
    return Point("bad" if is_error else "look", "Checks found something", f"In the last run that was checked: {names}.")


def _late(report: Report) -> Point:
    health, runs = report.rows("health")[0], report.rows("runs")
    succeeded = [run["run_id"] for run in runs if run["status"] == "succeeded"]
    late = sum(run["late_events"] or 0 for run in runs)
    if not late and not health["restatements"]:
        return Point("good", "Nothing came late", "No event arrived after the numbers of its day were published.")
    restated = {row["run_id"] for row in report.rows("restatements")}
    return Point(
        "look" if restated & set(succeeded[:1]) else "good",
        "The last run changed published numbers" if restated & set(succeeded[:1]) else "Some events came late",
        f"{plural(late, 'event')} of the last {plural(len(runs), 'run')}, {percent(late, health['published'])} of all,"
        " arrived after the numbers of their day were published;"
        f" {plural(health['restatements'], 'published number')} of {plural(health['restated_days'], 'day')} changed.",
    )


def verdict(points: list[Point]) -> str:
    """Returns the conclusion in one line."""
    states = [point.state for point in points]
    if "bad" in states:
        return "Do not rely on these numbers yet"
    count = states.count("look")
    return f"Read with care: {plural(count, 'point')} to look at" if count else "These numbers add up"
