"""A wrong configuration is rejected in one line that names file, key and fix."""

from pathlib import Path

import pytest

from jobs.storage.config.settings import read_settings
from jobs.storage.config.sources import read_source
from jobs.storage.errors import UsageError
from schemas.paths import Steps
from tests.builders import ROOT, default_source

SETTINGS = (ROOT / "conf" / "pipeline.yml").read_text()

WRONG_SETTINGS = {
    "not yaml: [": "not valid YAML, line",
    "- a list": "holds no keys",
    SETTINGS + "\nspeed: 9": "line 45: speed is an unknown key",
    SETTINGS.replace("session_gap_minutes: 30", ""): "session_gap_minutes is missing",
    SETTINGS.replace("session_gap_minutes: 30", "session_gap_minutes: soon"): "session_gap_minutes is 'soon'",
    SETTINGS.replace("session_gap_minutes: 30", "session_gap_minutes: 0"): "is 0; it must be a whole number of minutes",
    SETTINGS.replace("session_gap_minutes: 30", "session_gap_minutes: 9000000000"): "is 9000000000; it must be a",
    SETTINGS.replace("max_id_bytes: 800", "max_id_bytes: 900"): "line 17: max_id_bytes is 900; it must be .* 800",
    SETTINGS.replace("2100-01-01T00:00:00Z", "1999-01-01T00:00:00Z"): "line 14: latest_event_at is 1999-.* be later",
    SETTINGS.replace("share: 0.2", "share: 20"): "max_quarantined_share is 20; it must be a share",
    SETTINGS.replace("2000-01-01T00:00:00Z", "once"): "earliest_event_at is 'once'",
    SETTINGS.replace("zone: UTC", "zone: Berlin"): "line 10: business_time_zone is 'Berlin'; it must be an IANA name",
    SETTINGS.replace("zone: UTC", "zone: [UTC]"): "business_time_zone is .'UTC'.; it must be an IANA name",
    SETTINGS.replace("{edits: 20,", "{edits: many,"): "anomalies: edit_burst: edits is 'many'; it must be a whole",
    SETTINGS.replace("{edits: 20,", "{edits: 0,"): "line 32: anomalies: edit_burst: edits is 0; it must be a whole",
    SETTINGS.replace("{edits: 20,", "{edit: 20,"): "edit_burst: edit is no threshold; known are",
    SETTINGS.replace("{edits: 20,", "{"): "anomalies lacks edit_burst: edits; add it",
    SETTINGS.replace("edit_burst:", "edits:"): "anomalies: edits: edits is no threshold",
    SETTINGS.partition("anomalies:")[0] + "anomalies: many": "anomalies lacks activity_without_login: events_for_warn",
}

# threshold -> numbers that are rejected: they would find everything or nothing, or are too large for PostgreSQL
WRONG_THRESHOLDS = [
    ("edit_burst: {edits: 20", "edits", "1"),
    ("edit_burst: {edits: 20", "edits", "20.5"),
    ("share_burst: {documents: 10", "documents", "1"),
    ("content_collapse: {words: 20, share_lost: 0.8", "share_lost", "1"),
    ("content_collapse: {words: 20, share_lost: 0.8", "share_lost", "80"),
    ("content_collapse: {words: 20", "words", "0.5"),
    ("activity_without_login: {events_for_warning: 10", "events_for_warning", "true"),
    ("past_event: {silent_days: 180", "silent_days", "4000000000"),
    ("past_event: {silent_days: 180", "silent_days", "0.5"),
    ("identical_fraction: {sessions: 50, share: 0.2", "share", "20"),
    ("identical_fraction: {sessions: 50, share: 0.2, share_for_critical: 0.9", "share_for_critical", "0.1"),
    ("past_event: {silent_days: 180, most_events: 100", "most_events", "3000000000"),
    ("login_spread: {minutes: 60", "minutes", "0.4"),
    ("login_spread: {minutes: 60, places: 4", "places", "1"),
    ("silent_day: {sessions: 20, share: 0.2", "share", "0"),
    ("silent_day: {sessions: 20, share: 0.2, spreads: 3", "spreads", ".inf"),
    ("document_sweep: {documents: 25", "documents", "-25"),
    ("client_retry: {copies: 3", "copies", "0.4"),
    ("client_retry: {copies: 3, copies_for_warning: 10", "copies_for_warning", "2"),
    ("client_retry: {copies: 3, copies_for_warning: 10, seconds: 5", "seconds", "100000"),
]

MINIMAL = "fields: {event_type: t, event_at: at, user_id: u}\n"
WRONG_SOURCES = {
    "fields: {event_type: t, event_at: at}": "user_id is missing",
    MINIMAL.replace("u}", "u, mood: m}"): "line 1: fields: mood is an unknown field",
    MINIMAL.replace("user_id: u", "user_id: a..b"): "joined by single dots",
    MINIMAL.replace("user_id: u", "user_id: {a: b}"): "must be a path or a list",
    MINIMAL.replace("user_id: u", "user_id: "): "user_id is ''; a path begins with a name",
    MINIMAL.replace("user_id: u", "user_id: []"): "must be a path or a list",
    MINIMAL + "event_types: {A: [1]}": "must be one text",
    MINIMAL + "event_types:\n  4624: user_login\n  on:\n": "line 4: event_types: on is blank; write what",
    MINIMAL + "event_types: {[on]: user_login}": "not valid YAML, line 2: found unhashable key",
    MINIMAL + "default_time_zone: Berlin": "must be an IANA name",
    MINIMAL + "default_time_zone: posix/Europe/Berlin": "must be an IANA name",
    MINIMAL + "default_time_zone: [UTC]": "must be an IANA name",
    MINIMAL + "constants: {event_id: x}": "line 2: constants: event_id can't be a constant",
    MINIMAL + "default_time_zone: UTC\ndefault_time_zone: UTC": "line 3: default_time_zone stands twice",
    MINIMAL + "record_path: .a": "line 2: record_path is '.a'; a path is",
    "fields:\n  event_type: t\n  event_at: at\n  user_id: u\n  device: [a..b]": "line 5: fields: device is",
    MINIMAL + "zone: UTC": "line 2: zone is an unknown key",
    MINIMAL + "id_prefix: 'crm:'": "line 2: id_prefix is now `namespace`, without the colon",
    MINIMAL + "namespace: a b": "line 2: namespace is 'a b'; it must be a word",
    MINIMAL + "namespace: 'crm:'": "namespace is 'crm:'; it must be a word",
    MINIMAL + 'namespace: "a\\0b"': r"line 2: namespace: 'a.x00b' has a NUL or half a surrogate pair",
    MINIMAL + 'missing_values: ["a", "\\ud800"]': "line 2: missing_values: .* has a NUL or half",
    MINIMAL + 'event_types: {"\\0": a}': "line 2: event_types: .* has a NUL or half",
    MINIMAL + "namespace: a\u202eb": "it must be a word of letters",
    MINIMAL.replace("user_id: u", f"user_id: '${'[?@' * 5000}{']' * 5000}'"): "too many nested parts|no JSONPath",
    MINIMAL + "namespace:": "namespace is ''; it must be a word",
    MINIMAL + "namespace: [a]": "namespace is .'a'.; it must be one text",
    MINIMAL + "record_path: a[0]": "record_path is 'a.0.'; only names",
    MINIMAL + "record_path: [a, b]": "record_path is .*; it must be one path, whose names are joined by dots: a.b$",
    MINIMAL + "record_path: {a: b}": "record_path is .*; it must be a path",
    MINIMAL + "record_path: 'a[*].b'": r"record_path is .*: a\.b$",
    "fields: [a]": "line 1: fields is .'a'.; it must be `name: value` lines, such as `user_id: actor.id`",
    MINIMAL.replace(
        "user_id: u", "user_id: a + b"
    ): "fields: user_id is 'a . b'; a sum is for times only, which are event",
    MINIMAL.replace("user_id: u", "user_id: u, device: [d, a + b]"): "fields: device is 'a . b'; a sum is for times",
    MINIMAL + "time_formats: {event_at: []}": r"line 2: time_formats: event_at is \[\]; name the forms",
    MINIMAL.replace("user_id: u", "user_id: ^u"): r"line 1: fields: user_id \^u reads from around a record; that needs",
    MINIMAL + "record_path: a\nidentity: ^^b": r"identity \^\^b leads further out than the 1 objects",
    MINIMAL + "identity: ['#']": "identity # reads from around a record",
    MINIMAL + "identity: []": "identity is ..; it must be a path or a list",
    MINIMAL.replace(
        "fields: {", "identity: a\nfields: {event_id: e, "
    ): "line 1: identity is for records without an event id",
    MINIMAL.replace("user_id: u", 'user_id: "$.a[?@.b=1]"'): r"user_id is '\$.a.*; it is no JSONPath of RFC 9535",
    MINIMAL.replace("user_id: u", "user_id: a + b + c"): "a sum is a path of seconds",
    MINIMAL + "decode: {a: zip}": "line 2: decode: a is 'zip'; it must be json, gzip.json",
    MINIMAL + "decode: {a: gzip+base64+json}": "decode: a is .*; it must be json",
    MINIMAL + "decode: {a: base64}": "decode: a is 'base64'; it must be json",
    MINIMAL + "decode: {$.a: json}": "decode: ..a is '..a'; only names",
    MINIMAL + "decode: a": "line 2: decode is 'a'; it must be `name: value` lines",
    MINIMAL + "missing_values: ['']": "missing_values has a blank text",
    MINIMAL + "missing_values: {a: b}": "missing_values is .*; it must be one text",
    MINIMAL
    + "fold_case: [device]": "fold_case is 'device'; it must be among event_id, event_type, user_id, document_id",
    MINIMAL + "fold_case: shared_with_user_id": "fold_case is 'shared_with_user_id'; it must be among",
    MINIMAL + "time_formats: {device: epoch_s}": "time_formats: device is no time; times are event_at, revision",
    MINIMAL + "time_formats: {event_at: seconds}": "time_formats: event_at is 'seconds'; it is neither one of epoch_s",
    MINIMAL + "time_formats: {event_at: ['%H:%M']}": "time_formats: event_at is '%H:%M'; it has no year",
    MINIMAL + "time_formats: {revision: epoch_s}": "time_formats: revision is not among `fields`",
    MINIMAL + "ignore: [a]": "ignore is .'a'.; it must be `name: value` lines",
    MINIMAL + "ignore: {a..b: x}": "ignore: a..b is 'a..b'; a path is",
    MINIMAL + "ignore: {a: {b: c}}": "ignore: a is .*; it must be one text",
    MINIMAL + "ignore: {a: []}": "ignore: a is ..; name the texts",
    MINIMAL + "shared_with_separator:": "shared_with_separator is ''; write what parts",
    MINIMAL + "shared_with_separator: [a, '']": "shared_with_separator is ''; write what parts",
    MINIMAL + "content_format: markdown": "content_format is 'markdown'; it must be among text, html",
    MINIMAL + "content_format: [text, html]": "content_format is .*; it must be one of text, html",
    MINIMAL + "constants: {word_count: lots}": "constants: word_count is 'lots'; it must be a whole number",
    MINIMAL + "constants: {edit_length: '1.5'}": "constants: edit_length is '1.5'; it must be a whole number",
}


# Scalars that YAML takes for a boolean, null, a date, a number of another base, or a time of day.
ODD_SCALARS = ["on", "No", "y", "null", "~", "2024-03-04", "4624", "010", "0x1F", "1_000", "1.10", "1e3", "12:30"]


@pytest.mark.parametrize("scalar", ODD_SCALARS)
def test_a_scalar_of_a_source_is_the_text_that_is_written(tmp_path: Path, scalar: str) -> None:
    path = tmp_path / "source.yml"
    rules = f"event_types:\n  {scalar}: user_login\n  login: {scalar}\n"
    path.write_text(MINIMAL.replace("u}", f"u, device: {scalar}}}") + f"constants: {{permission: {scalar}}}\n" + rules)
    source = read_source(path)
    assert source.event_types == {scalar: "user_login", "login": scalar}
    assert source.constants == {"permission": scalar}
    assert source.fields["device"] == (Steps(tuple(scalar.split("."))),)


@pytest.mark.parametrize("text", WRONG_SETTINGS, ids=lambda text: text[-30:])
def test_wrong_settings_are_rejected(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pipeline.yml"
    path.write_text(text)
    with pytest.raises(UsageError, match=WRONG_SETTINGS[text]) as rejected:
        read_settings(path)
    assert str(path) in str(rejected.value)
    assert "\n" not in str(rejected.value)


@pytest.mark.parametrize(("line", "name", "number"), WRONG_THRESHOLDS)
def test_a_threshold_that_makes_no_sense_is_rejected(tmp_path: Path, line: str, name: str, number: str) -> None:
    path = tmp_path / "pipeline.yml"
    kind, before = line.partition(":")[0], line.rpartition(" ")[0]
    assert line in SETTINGS
    path.write_text(SETTINGS.replace(line, f"{before} {number}"))
    with pytest.raises(UsageError, match=f", line [34][0-9]: anomalies: {kind}: {name} is .*; it must ") as rejected:
        read_settings(path)
    assert "\n" not in str(rejected.value)


@pytest.mark.parametrize("text", WRONG_SOURCES, ids=lambda text: text[-40:])
def test_wrong_sources_are_rejected(tmp_path: Path, text: str) -> None:
    path = tmp_path / "source.yml"
    path.write_text(text)
    with pytest.raises(UsageError, match=WRONG_SOURCES[text]) as rejected:
        read_source(path)
    assert str(path) in str(rejected.value)
    assert "\n" not in str(rejected.value)


def test_a_missing_file_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        read_source(tmp_path / "none.yml")


def test_a_file_in_another_encoding_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "source.yml").write_text(MINIMAL, encoding="utf-16")
    with pytest.raises(UsageError, match=r"source.yml: is not text in UTF-8 \(.*\); save it as UTF-8$"):
        read_source(tmp_path / "source.yml")


def test_a_mapping_may_be_named_by_a_text(tmp_path: Path) -> None:
    (tmp_path / "source.yml").write_text(MINIMAL)
    assert read_source(str(tmp_path / "source.yml")).name == "source"


def test_the_default_source_maps_every_field() -> None:
    assert [str(path) for path in default_source().fields["user_id"]] == ["user_id", "userId", "user.id"]
    assert len(default_source().fields) == 16
