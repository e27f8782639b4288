"""The truth file of the simulator is what plain Python finds in its files by the rules of the input contract."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from jobs.simulate import main
from jobs.simulation import settings as simulation_settings

NEEDS_DOCUMENT = ("document_edit", "comment_added", "document_shared")
KNOWN = {"event_id", "timestamp", "event_type", "user_id", "document_id", "user_name", "user_email", "document_title"}
KNOWN |= {"content", "word_count", "edit_length", "comment_text", "shared_with_user_id", "shared_with", "permission"}
KNOWN |= {"device", "ip_address"}
WORD = re.compile(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+(?:['-][^\W_\u4e00-\u9fff]+)*")
SESSION_GAP = timedelta(minutes=30)


def simulate(folder: Path, **options: Any) -> dict[str, Any]:
    """Simulates into `folder`/events, and returns the truth."""
    chosen = {"events": 3000, "seed": 7, "workers": 1} | options
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in chosen.items()]
    assert main([*arguments, f"--output={folder / 'events'}"]) == 0
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return truth


def read_records(folder: Path) -> Iterator[tuple[str, str]]:
    """Yields (file, text) of every line of JSON Lines files and every element of arrays."""
    for path in sorted(folder.rglob("*.json*")):
        file, text = str(path.relative_to(folder)), path.read_text(encoding="utf-8")
        texts = map(json.dumps, json.loads(text)) if path.suffix == ".json" else text[:-1].split("\n")
        yield from ((file, record) for record in texts)


def parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def validate(text: str) -> tuple[str, dict[str, Any]]:
    """Returns the verdict on a record by the rules of the input contract, and the record if it is accepted."""
    if not text.strip():
        return "blank", {}
    try:
        record = json.loads(text)
    except ValueError:
        return "malformed_json", {}
    if not isinstance(record, dict):
        return "not_an_object", {}
    return validate_fields(record), record


def validate_fields(record: dict[str, Any]) -> str:
    if isinstance(record.get("user_id"), dict) or any(
        not isinstance(record.get(name, 0), int) for name in ("edit_length", "word_count")
    ):
        return "bad_value"
    required = ["event_id", "timestamp", "event_type", "user_id"]
    required += ["document_id"] if record.get("event_type") in NEEDS_DOCUMENT else []
    if any(not (record.get(name) or "").strip() for name in required):
        return "missing_field"
    if any("\0" in value for value in record.values() if isinstance(value, str)):
        return "invalid_text"
    try:
        at = parse_time(record["timestamp"])
    except ValueError:
        return "bad_timestamp"
    if not 2000 <= at.year < 2100:
        return "timestamp_out_of_range"
    return "timestamp_in_future" if at > datetime.now(UTC) + timedelta(days=1) else "accepted"


def count_document_words(event: dict[str, Any]) -> int:
    content = event.get("content")
    return event["word_count"] if content is None else len(WORD.findall(content))


def find_winners(accepted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the earliest record of each event id, in the order of time."""
    winners: dict[str, dict[str, Any]] = {}
    for record in sorted(accepted, key=lambda r: parse_time(r["timestamp"])):
        winners.setdefault(record["event_id"], record | {"at": parse_time(record["timestamp"])})
    return sorted(winners.values(), key=lambda event: (event["at"], event["event_id"]))


def sessionize(events: list[dict[str, Any]]) -> dict[str, list[list[datetime]]]:
    """Returns the event times of each session of each user."""
    sessions: dict[str, list[list[datetime]]] = defaultdict(list)
    for event in events:
        own = sessions[event["user_id"]]
        if not own or event["at"] - own[-1][-1] > SESSION_GAP:
            own.append([])
        own[-1].append(event["at"])
    return sessions


def recount_records(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Returns the account of all records below a folder, and the published events."""
    validated = [(file, *validate(text)) for file, text in read_records(folder)]
    accepted = [record for _, verdict, record in validated if verdict == "accepted"]
    reasons = Counter(verdict for _, verdict, _ in validated if verdict not in ("blank", "accepted"))
    distinct = {json.dumps(record, sort_keys=True) for record in accepted}
    events = find_winners(accepted)
    arrivals = defaultdict(set)
    for file, verdict, record in validated:
        if verdict == "accepted":
            arrivals[record["event_id"]].add(file.split("/")[0])
    files: dict[str, dict[str, int]] = {}
    for file, verdict, _ in validated:
        counts = files.setdefault(file, {"records": 0, "blank": 0, "quarantined": 0})
        counts["records"] += 1
        counts["blank"] += verdict == "blank"
        counts["quarantined"] += verdict in reasons
    account = {
        "records": len(validated),
        "blank": sum(verdict == "blank" for _, verdict, _ in validated),
        "quarantined": reasons.total(),
        "quarantined_by_reason": dict(reasons),
        "accepted": len(accepted),
        "exact_duplicates": len(accepted) - len(distinct),
        "superseded": len(distinct) - len(events),
        "events": len(events),
        "late_events": sum(min(arrivals[e["event_id"]]) > e["at"].date().isoformat() for e in events)
        - sum(arrivals[e["event_id"]] == {"export"} for e in events),
        "unmapped_fields": Counter(name for _, _, record in validated for name in record if name not in KNOWN),
        "per_file": files,
    }
    return account, events


def recount_metrics(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the numbers of the truth file that follow from the published events."""
    sessions = sessionize(events)
    seconds = {user: [(s[-1] - s[0]).total_seconds() for s in own] for user, own in sessions.items()}
    lengths = [length for own in seconds.values() for length in own]
    last = max(event["at"] for event in events).date()
    active = {(event["at"].date(), event["user_id"]) for event in events}
    edits = Counter(event["document_id"] for event in events if event["event_type"] == "document_edit")
    shares = [event for event in events if event["event_type"] == "document_shared"]
    shared = {(event["user_id"], event["document_id"]) for event in shares}
    received = {
        (event["event_id"], event["user_id"], recipient)
        for event in shares
        for recipient in [event.get("shared_with_user_id"), *event.get("shared_with", [])]
        if recipient is not None
    }
    return {
        "events_by_type": Counter(event["event_type"] for event in events),
        "events_by_day_of_week": Counter(f"{event['at']:%A}" for event in events),
        "users": len(set(sessions) | {recipient for _, _, recipient in received}),
        "users_acting": len(sessions),
        "documents": len({event["document_id"] for event in events if event.get("document_id")}),
        "sessions": len(lengths),
        "single_event_sessions": sum(len(session) == 1 for own in sessions.values() for session in own),
        "mean_session_seconds": pytest.approx(sum(lengths) / len(lengths), abs=1e-6),
        "daily_active_users_last_30_days": {
            str(day): sum(date == day for date, _ in active) for day in (last - timedelta(days=i) for i in range(30))
        },
        "top_edited_documents": [
            list(item) for item in sorted(edits.items(), key=lambda item: (-item[1], item[0]))[:10]
        ],
        "sessions_per_user": {
            user: {"sessions": len(own), "average_seconds": pytest.approx(sum(own) / len(own), abs=1e-6)}
            for user, own in seconds.items()
        },
        "shared_documents_per_user": Counter(user for user, _ in shared),
        "share_events_per_user": Counter(event["user_id"] for event in shares),
        "share_recipients": len(received),
        "recipients_per_user": Counter(user for user, _ in {(user, recipient) for _, user, recipient in received}),
        "document_words": {
            event["document_id"]: count_document_words(event)
            for event in events
            if event["event_type"] == "document_edit"
        },
    }


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="the sample"),
        pytest.param({"events": 6000, "seed": 1, "days": 20, "end_date": "2024-03-03"}, id="a leap year"),
        pytest.param({"events": 5000, "seed": 2, "days": 1}, id="one busy day"),
        pytest.param({"events": 300, "seed": 3}, id="too few for oddities"),
        pytest.param({"events": 1, "seed": 4}, id="one event"),
        pytest.param({"events": 4000, "seed": 5, "anomalies": "none"}, id="nothing planted"),
    ],
)
def test_a_recount_of_the_files_finds_the_truth(tmp_path: Path, options: dict[str, Any]) -> None:
    truth = simulate(tmp_path, **options)

    account, events = recount_records(tmp_path / "events")
    expected = account | recount_metrics(events)

    weekdays = {day: count for day, count in truth["events_by_day_of_week"].items() if count}
    found = truth | {"events_by_day_of_week": weekdays}
    assert {name: found[name] for name in expected} == expected
    assert truth["events"] == options.get("events", 3000)
    assert truth["records"] == truth["blank"] + truth["quarantined"] + truth["accepted"]
    assert truth["accepted"] == truth["events"] + truth["exact_duplicates"] + truth["superseded"]


def test_an_event_of_the_future_is_quarantined_and_in_no_number(tmp_path: Path) -> None:
    truth = simulate(tmp_path, events=10_000, anomalies="all")

    account, events = recount_records(tmp_path / "events")
    expected = account | recount_metrics(events)
    del expected["late_events"]  # the event of long ago is wrong and not late
    weekdays = {day: count for day, count in truth["events_by_day_of_week"].items() if count}
    found = truth | {"events_by_day_of_week": weekdays}

    assert {name: found[name] for name in expected if name in found} == {n: expected[n] for n in expected if n in found}
    assert truth["quarantined_by_reason"]["timestamp_in_future"] == truth["planted_defects"]["timestamp_in_future"] == 1
    assert truth["events"] == 9_999
    assert "past_event" in {planted["type"] for planted in truth["planted_anomalies"]}


def test_answers_of_shards_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation_settings, "EVENTS_PER_SHARD", 5000)
    truth = simulate(tmp_path, events=15500)

    account, events = recount_records(tmp_path / "events")

    expected = account | recount_metrics(events)
    assert {name: truth[name] for name in expected} == expected


def test_every_kind_of_defect_is_planted_at_a_low_rate(tmp_path: Path) -> None:
    truth = simulate(tmp_path)

    assert min(truth["planted_defects"].values()) >= 2
    assert truth["quarantined"] < 0.02 * truth["records"]


def test_no_gap_between_events_is_close_to_the_session_gap(tmp_path: Path) -> None:
    simulate(tmp_path)
    _, events = recount_records(tmp_path / "events")

    times = defaultdict(list)
    for event in events:
        times[event["user_id"]].append(event["at"])
    gaps = [after - before for own in times.values() for before, after in pairwise(own)]

    assert not [gap for gap in gaps if timedelta(minutes=26) < gap < timedelta(minutes=34)]


def test_planted_anomalies_stand_out(tmp_path: Path) -> None:
    subjects = {a["type"]: a["subject"] for a in simulate(tmp_path)["planted_anomalies"]}
    _, events = recount_records(tmp_path / "events")
    edits = [event for event in events if event["event_type"] == "document_edit"]

    daily = Counter(e["at"].date() for e in edits if e["document_id"] == subjects["edit_burst"])
    assert daily.most_common(1)[0][1] > 4 * daily.most_common(2)[1][1]
    shared = {
        (e["at"].date(), e["document_id"])
        for e in events
        if e["event_type"] == "document_shared" and e["user_id"] == subjects["share_burst"]
    }
    daily = Counter(day for day, _ in shared)
    assert daily.most_common(1)[0][1] > 4 * daily.most_common(2)[1][1]
    words = [count_document_words(e) for e in edits if e["document_id"] == subjects["content_collapse"]]
    assert [after < before / 5 for before, after in pairwise(words)].count(True) == 1
    types = defaultdict(set)
    for event in events:
        types[event["user_id"]].add(event["event_type"])
    without_login = [user for user, own in types.items() if "user_login" not in own]
    assert without_login == [subjects["activity_without_login"]]
