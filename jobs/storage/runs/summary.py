"""Writes what a run did: as JSON for machines, and as a few lines for people."""

import json
import shlex
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.records.identity import IDENTITY_VERSION
from jobs.storage.input.file_systems import show_name
from jobs.storage.wording import describe_new_fields, name_new_fields

_LABELS = {
    "records": "records read",
    "blank": "blank lines",
    "ignored": "ignored",
    "quarantined": "quarantined",
    "accepted": "accepted",
    "exact_duplicates": "exact duplicates",
    "superseded": "superseded",
    "published": "published",
}
_SUMS = "  records = blank + ignored + quarantined + accepted; accepted = published + exact duplicates + superseded"


def write_summary(folder: Path, summary: dict[str, Any]) -> None:
    """Write `folder`/<run_id>.json."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{summary['run_id']}.json"
    path.write_text(json.dumps(summary, indent=2, default=str) + "\n", encoding="utf-8")


def format_summary(summary: dict[str, Any]) -> str:
    """Format the summary as lines: the account of the records, quarantined ones by reason, rows by table, times."""
    totals = summary["totals"]
    lines = [f"run {summary['run_id']}: {summary['files']} files read"]
    lines += [f"  {label:<18}{totals[key]:>12,}" for key, label in _LABELS.items()]
    lines.append(_SUMS)
    lines += _section("quarantined by reason", summary["quarantined_by_reason"])
    lines += _changes(summary["changes"])
    lines += _findings(summary)
    lines += format_empty_input(summary) + _held_back(summary) + _describe_readings(summary)
    lines += describe_new_fields(summary["new_fields"])
    lines += _skipped(summary["skipped"])
    lines.append("seconds: " + ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in summary["seconds"].items()))
    return "\n".join(lines)


def format_plan(summary: dict[str, Any]) -> str:
    """Format what the next run would do, with one line per published daily number that would change."""
    totals, again = summary["totals"], summary["read_before"]
    lines = [f"plan: {summary['files']} files would be read, {again} of them again; nothing has been written"]
    lines += [f"  {label:<18}{totals[key]:>12,}" for key, label in _LABELS.items()]
    lines += _section("quarantined by reason", summary["quarantined_by_reason"])
    lines += _changes(summary["changes"])
    lines.append(f"  {'sessions cut again':<18}{summary['sessions_recut']:>12,}")
    lines += _findings(summary)
    lines += [
        f"  {each['activity_date']}  {each['metric']:<20}{each['old_value']:>10,} ->{each['new_value']:>10,}"
        f"  {each['cause']}"
        for each in summary["restatements"]
    ]
    moved = {name: counts for name, counts in summary["metric_rows"].items() if any(counts.values())}
    if moved:
        lines.append(f"  {'rows of metrics':<34}{'come':>8}{'go':>8}")
        lines += [f"  {name:<34}{counts['come']:>8,}{counts['go']:>8,}" for name, counts in moved.items()]
    lines += format_empty_input(summary) + _held_back(summary) + _describe_readings(summary)
    lines += describe_new_fields(summary["new_fields"])
    return "\n".join([*lines, *_skipped(summary["skipped"])])


def format_replay(summary: dict[str, Any]) -> str:
    """Format what became of the selected records: recovered, quarantined again and why, or without text to try."""
    totals, selected, taken = summary["totals"], summary["selected"], summary["records"]
    lines = [f"run {summary['run_id']}: {taken:,} quarantined records of {summary['files']} files replayed"]
    lines.append(f"  {'recovered':<18}{totals['records']:>12,}")
    lines += [f"    {_LABELS[key]:<16}{totals[key]:>12,}" for key in ("exact_duplicates", "superseded", "published")]
    lines.append(f"  {'still open':<18}{selected - totals['records']:>12,}")
    if selected > taken:
        lines.append(f"    {'not tried, without text':<24}{selected - taken:>4,}")
    lines += _changes(summary["changes"])
    lines += _findings(summary)
    return "\n".join([*lines, *_section("still open by reason", summary["quarantined_by_reason"])])


def format_files_read_again(summary: dict[str, Any]) -> str:
    """Format what became of files that a replay has read whole again because their mapping had changed."""
    files, totals = summary["files"], summary["totals"]
    lines = [f"run {summary['run_id']}: {files} files whose mapping has changed are read again whole"]
    lines.append(f"  {'recovered':<18}{summary['recovered']:>12,}")
    lines.append(f"  {'still open':<18}{totals['quarantined']:>12,}")
    lines += [f"  {label:<18}{totals[key]:>12,}" for key, label in _LABELS.items() if key != "quarantined"]
    lines += _section("quarantined by reason", summary["quarantined_by_reason"])
    return "\n".join([*lines, *_changes(summary["changes"]), *_findings(summary), *_held_back(summary)])


def format_nothing_to_replay(selected: int) -> str:
    """Format the message of a replay that can't try any record."""
    if selected == 1:
        found = "1 open record is selected, but its text was not kept"
    elif selected:
        found = f"{selected:,} open records are selected, but their texts were not kept"
    else:
        found = "no open quarantined record is selected"
    return f"nothing to replay: {found} (`make quarantine` shows what is open)"


def format_erasure(summary: dict[str, Any]) -> str:
    """Format what an erasure changed, or would change, and which input files still hold the person."""
    if summary["is_dry_run"]:
        lines = ["dry run: nothing has been written; do it with CONFIRM=1 (--confirm)"]
    else:
        lines = [f"run {summary['run_id']}: erased; the person is {summary['pseudonym']} now"]
    lines += _changes(summary["changes"])
    lines.append(f"  {'records loaded again, superseded ones too':<42}{summary['records']:>12,}")
    lines.append(f"  {'quarantined records without their text':<42}{summary['redacted']:>12,}")
    lines += [f"  {f'rows of ops.{table} cleaned':<42}{count:>12,}" for table, count in summary["ledger"].items()]
    lines.append(f"  {'published daily numbers changed':<42}{len(summary['restatements']):>12,}")
    lines += _listed("mentions replaced in", summary["mentions"])
    not_searched = dict.fromkeys(summary["not_searched"])
    lines += _listed("not searched, being compressed or left half written: remove what is not needed", not_searched)
    counts = {show_name(file["uri"]): file["records"] for file in summary["input_files"]}
    holding = {name: records for name, records in counts.items() if records}
    lines += _listed("input files that hold the person, with the number of records", holding)
    repeating = {name: records for name, records in counts.items() if not records}
    lines += _listed("input files that may hold the person: they repeat records, or are held back", repeating)
    return "\n".join(lines)


def format_line(summary: dict[str, Any]) -> str:
    """Format the summary as one line, for a stream."""
    totals, seconds = summary["totals"], sum(summary["seconds"].values())
    counts = ", ".join(
        f"{totals[key]:,} {label}" for key, label in _LABELS.items() if totals[key] or key == "published"
    )
    line = f"run {summary['run_id']}: {summary['files']} files read in {seconds:.1f} s; {counts}"
    new = [*_new_event_types(summary), *name_new_fields(summary["new_fields"])]
    line = "; ".join([line, *format_due(summary), *new])
    waiting = [show_name(file["file_path"]) for file in summary["held_back"]]
    return f"{line}; held back: {', '.join(waiting)}" if waiting else line


def format_nothing_new(summary: dict[str, Any]) -> str:
    """Format the message of a run that found no new files."""
    found, loaded, waiting = summary["found"], summary["loaded"], len(summary["held_back"])
    others = f"{waiting} of them held back, the others" if waiting else "all"
    lines = [f"nothing new: {found} files found, {others} among the {loaded} that are loaded"]
    lines = format_empty_input(summary) or lines
    return "\n".join([*lines, *_held_back(summary), *_describe_readings(summary), *_skipped(summary["skipped"])])


def _changes(changes: dict[str, dict[str, int]]) -> list[str]:
    kinds = ("added", "changed", "removed")
    lines = [f"  {'rows':<18}" + "".join(f"{kind:>12}" for kind in kinds)]
    for table, counts in changes.items():
        lines.append(f"  {table:<18}" + "".join(f"{counts.get(kind, 0):>12,}" for kind in kinds))
    return lines if changes else []


def _describe_readings(summary: dict[str, Any]) -> list[str]:
    """Describe files and records that need attention, such as files that changed and records that no file holds."""
    left_out, gone, missing = summary.get("left_out", {}), summary.get("gone", []), summary["missing_records"]
    lines = [
        f"{show_name(uri)} changed while it was read ({change}); the next run reads it"
        for uri, change in left_out.items()
    ]
    if open_lines := summary["open_lines"]:
        lines.append(f"files that end within an unfinished line, which waits for the next run: {open_lines}")
    count, example = summary.get("shared_ids", (0, None))
    if count:
        lines.append(
            f"event ids that stand for several people in one file: {count:,}, such as {example!r}; is event_id mapped"
            " to the id of a request? If it is not mapped, an id is made from the content of each record"
        )
    count, example = summary.get("shared_identities", (0, None))
    if count:
        lines.append(
            f"ids made by identity that stand for several different records in one file: {count:,}, such as"
            f" {example!r}; one of each is published. If these are events of their own, identity lacks a path:"
            ' "#" begins again in each list, so that ^# or an id of the object around must stand beside it'
        )
    if gone:
        fate = "dropped" if summary["drops_missing"] else "kept"
        lines.append(f"files that are gone, first {show_name(gone[0])}: {len(gone)}; their records are {fate}")
    lines += format_due(summary)
    lines += _section("files whose mapping has changed since; REMAP=1 reads them again", summary["changed_mappings"])
    title = "files found that another source has read; touch them, and the next run reads them with"
    lines += _section(f"{title} {summary.get('source')}", summary.get("other_sources", {}))
    title = "published records that no current reading holds; FULL_REFRESH=1 DROP_MISSING=1 drops them"
    lines += _section(title, {show_name(uri): records for uri, records in missing.items()})
    if before := summary["other_identity"]:
        lines.append(
            f"earlier runs made fingerprints by identity version {before}, this is {IDENTITY_VERSION}:"
            " FULL_REFRESH=1 when convenient"
        )
    return lines


def format_due(summary: dict[str, Any]) -> list[str]:
    """Describe the quarantined records whose events are no longer in the future. A plan does not try them."""
    due = summary.get("due", {"waiting": 0, "tried": 0})
    title = "quarantined records whose time has come"
    if due["waiting"]:
        return [f"{title}, which the next run tries again: {due['waiting']:,}"]
    return [f"{title}: {due['tried']:,} tried again, {due['published']:,} published"] if due["tried"] else []


def format_empty_input(summary: dict[str, Any]) -> list[str]:
    """Warn if nothing was found although files were loaded before."""
    if summary["found"] or not summary["loaded"]:
        return []
    return [
        f"warning: nothing was found in {show_name(summary['input'])}, though {summary['loaded']} files were loaded"
        " before; a mount may be lost, or INPUT (--input) names another folder"
    ]


def _held_back(summary: dict[str, Any]) -> list[str]:
    """List the held-back files, why they are held back, and how one is accepted."""
    if not (waiting := summary["held_back"]):
        return []
    accept = f"make accept FILE={shlex.quote(show_name(waiting[0]['file_path']))}"
    return [
        f"held back, and counted nowhere: fix the file or its mapping, or load it as it is with {accept}",
        *[f"  {show_name(file['file_path'])}: {file['why']}" for file in waiting],
    ]


def _findings(summary: dict[str, Any]) -> list[str]:
    causes = Counter(each["cause"] for each in summary["restatements"])
    return [
        *_new_event_types(summary),
        *_section("published daily numbers changed, by cause", causes),
        *_section("checks that warn, with their findings", summary["findings"]),
    ]


def _new_event_types(summary: dict[str, Any]) -> list[str]:
    types, most_frequent = summary["new_event_types"]
    shown = ", ".join(f"{event_type!r} {events:,}" for event_type, events in most_frequent)
    more = f" and {types - len(most_frequent):,} more" if types > len(most_frequent) else ""
    line = (
        f"event types that are new, with the number of their events: {shown}{more}; map them by event_types of the"
        " source (conf/README.md), or describe them in schemas/event_types.py"
    )
    return [line] if types else []


def _skipped(skipped: list[tuple[str, str]]) -> list[str]:
    return _section("files skipped", Counter(reason for _, reason in skipped))


def _listed(title: str, counts: Mapping[str, int | None]) -> list[str]:
    lines = [f"  {name}" + (f"  {count:,}" if count else "") for name, count in counts.items()]
    return [title, *lines] if counts else []


def _section(title: str, counts: dict[str, int]) -> list[str]:
    if not counts:
        return []
    most_first = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return [title, *[f"  {name:<24}{count:>6,}" for name, count in most_first]]
