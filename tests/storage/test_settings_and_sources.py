"""A wrong configuration is refused in one line that names file, key and fix."""

from pathlib import Path

import pytest

from jobs.storage.errors import UsageError
from jobs.storage.settings import read_settings
from jobs.storage.sources import read_source
from tests.builders import ROOT, default_source

SETTINGS = (ROOT / "conf" / "pipeline.yml").read_text()

WRONG_SETTINGS = {
    "not yaml: [": "not valid YAML, line",
    "- a list": "holds no keys",
    SETTINGS + "\nspeed: 9": "line 43: speed is an unknown key",
    SETTINGS.replace("session_gap_minutes: 30", ""): "session_gap_minutes is missing",
    SETTINGS.replace("session_gap_minutes: 30", "session_gap_minutes: soon"): "session_gap_minutes is 'soon'",
    SETTINGS.replace("session_gap_minutes: 30", "session_gap_minutes: 0"): "above zero",
    SETTINGS.replace("share: 0.2", "share: 20"): "max_quarantined_share is 20; it must be a share",
    SETTINGS.replace("2000-01-01T00:00:00Z", "once"): "earliest_event_at is 'once'",
    SETTINGS.replace("zone: UTC", "zone: Berlin"): "line 10: business_time_zone is 'Berlin'; it must be an IANA name",
    SETTINGS.replace("zone: UTC", "zone: [UTC]"): "business_time_zone is .'UTC'.; it must be an IANA name",
    SETTINGS.replace("{edits: 20,", "{edits: many,"): "anomalies: edit_burst: edits is 'many'; it must be a number",
    SETTINGS.replace("{edits: 20,", "{edits: 0,"): "edit_burst: edits is 0; it must be a number above zero",
    SETTINGS.replace("{edits: 20,", "{edit: 20,"): "edit_burst: edit is no threshold; known are",
    SETTINGS.replace("{edits: 20,", "{"): "anomalies lacks edit_burst: edits; add it",
    SETTINGS.replace("edit_burst:", "edits:"): "anomalies: edits: edits is no threshold",
    SETTINGS.partition("anomalies:")[0] + "anomalies: many": "anomalies lacks activity_without_login: events_for_warn",
}

MINIMAL = "fields: {event_type: t, event_at: at, user_id: u}\n"
WRONG_SOURCES = {
    "fields: {event_type: t, event_at: at}": "user_id is missing",
    MINIMAL.replace("u}", "u, mood: m}"): "line 1: fields: mood is an unknown field",
    MINIMAL.replace("user_id: u", "user_id: a..b"): "joined by single dots",
    MINIMAL.replace("user_id: u", "user_id: 5"): "must be a dotted path",
    MINIMAL.replace("user_id: u", "user_id: []"): "must be a dotted path",
    MINIMAL + "constants: {user_id: x}": "both a field and a constant",
    MINIMAL + "event_types: {A: 1}": "must be text",
    MINIMAL + "default_time_zone: Berlin": "must be an IANA name",
    MINIMAL + "default_time_zone: posix/Europe/Berlin": "must be an IANA name",
    MINIMAL + "default_time_zone: [UTC]": "must be an IANA name",
    MINIMAL + "constants: {event_id: x}": "line 2: constants: event_id can't be a constant",
    MINIMAL + "default_time_zone: UTC\ndefault_time_zone: UTC": "line 3: default_time_zone stands twice",
    MINIMAL + "record_path: .a": "line 2: record_path is '.a'; a path is",
    "fields:\n  event_type: t\n  event_at: at\n  user_id: u\n  device: [a..b]": "line 5: fields: device is",
    MINIMAL + "zone: UTC": "line 2: zone is an unknown key",
}


@pytest.mark.parametrize("text", WRONG_SETTINGS, ids=lambda text: text[-30:])
def test_wrong_settings_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pipeline.yml"
    path.write_text(text)
    with pytest.raises(UsageError, match=WRONG_SETTINGS[text]) as refusal:
        read_settings(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", WRONG_SOURCES, ids=lambda text: text[-40:])
def test_wrong_sources_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "source.yml"
    path.write_text(text)
    with pytest.raises(UsageError, match=WRONG_SOURCES[text]) as refusal:
        read_source(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        read_source(tmp_path / "none.yml")


def test_the_default_source_maps_every_field() -> None:
    assert default_source().fields["user_id"] == (("user_id",), ("userId",), ("user", "id"))
    assert len(default_source().fields) == 16
