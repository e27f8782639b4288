"""Fields that no path of a mapping reads are counted by name, in bounded time and memory."""

import json
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.records import RecordReader
from jobs.records.erased_people import Erased
from jobs.records.observed import MAX_NAMES, is_unread, list_read_names
from jobs.storage.config.sources import read_source
from schemas.fields import Source
from schemas.paths import Steps, parse_path
from tests.builders import LIMITS, default_source

BASE = {"id": "e1", "type": "user_login", "at": "2025-06-02T12:00:00Z"}
MAPPING = "fields:\n  event_id: id\n  event_type: type\n  event_at: at\n"


def make_source(tmp_path: Path, more: str = "  user_id: user.id\n") -> Source:
    text = MAPPING + more + ("" if " user_id" in more else "constants: {user_id: ann}\n")
    (tmp_path / "mine.yml").write_text(text, encoding="utf-8")
    return read_source(tmp_path / "mine.yml")


def count(source: Source, *records: Any, erased: Erased | None = None) -> tuple[dict[str, int], int]:
    """Returns the number of records by name, and of fields counted without a name, for BASE with these members."""
    reader = RecordReader(source, LIMITS, erased)
    for record in records:
        reader.read(json.dumps(BASE | record if isinstance(record, dict) else record).encode())
    *_, names, unnamed = reader.observed.take()
    return dict(names), unnamed


def find(tmp_path: Path, more: str, record: dict[str, Any]) -> list[str]:
    """Returns the names that are counted in one record by a mapping with these lines."""
    names, unnamed = count(make_source(tmp_path, more), record)
    assert (set(names.values()), unnamed) in (({1}, 0), (set(), 0))
    return sorted(names)


@pytest.mark.parametrize(
    ("more", "record", "names"),
    [
        pytest.param("  user_id: user\n", {"user": "ann", "plan": 1, "none": None}, ["none", "plan"], id="flat"),
        pytest.param("  user_id: user.id\n", {"user": {"id": "ann", "plan": 1}}, ["user.plan"], id="read in part"),
        pytest.param(
            "  user_id: user.id\n", {"client": {"os": {"name": 1}}}, ["client"], id="of which nothing is read"
        ),
        pytest.param("  user_id: user.id\n", {"user": "ann"}, ["user"], id="no object where one is expected"),
        pytest.param("  user_id: user.id\n", {"user": None}, [], id="null where an object is expected"),
        pytest.param(
            "  user_id: a.b.id\n", {"a": {"b": {"id": 1, "x": 2}, "c": {"d": 1}}}, ["a.b.x", "a.c"], id="deep"
        ),
        pytest.param("  user_id: [user.id, user]\n", {"user": {"id": 1, "plan": 1}}, [], id="read as a whole, too"),
        pytest.param("  user_id: a[0].id\n", {"a": [{"id": 1, "x": 2}], "b": [{"x": 1}]}, ["b"], id="a list"),
        pytest.param(
            "  shared_with_user_id: o.a[*].id\n", {"o": {"a": [{"x": 1}], "b": 1}}, ["o.b"], id="all elements"
        ),
        pytest.param("  content: $.body..text\n", {"body": {"x": 1}, "text": 1}, ["text"], id="JSONPath with a name"),
        pytest.param("  content: $['a b','c'].x\n", {"a b": 1, "c": 1, "x": 1}, [], id="JSONPath with two names"),
        pytest.param("  content: $..text\n", {"x": 1}, [], id="JSONPath that may read anything"),
        pytest.param("  content: $.*.text\n", {"x": 1}, [], id="JSONPath with any name"),
        pytest.param("  content: ^$..text\nrecord_path: items\n", {"x": 1}, ["x"], id="JSONPath around the record"),
        pytest.param("  device: ^x\nrecord_path: items\n", {"x": 1}, ["x"], id="a path around the record"),
        pytest.param("  revision: t.s + t.n\n", {"t": {"s": 1, "n": 2, "z": 0}}, ["t.z"], id="a sum"),
        pytest.param("ignore: {kind.of: test}\n", {"kind": {"of": "x", "by": 1}}, ["kind.by"], id="ignore"),
        pytest.param("decode: {data: json}\n", {"data": '{"a": 1}', "x": 1}, ["x"], id="decode alone"),
        pytest.param(
            "  user_id: data.user\ndecode: {data: json}\n", {"data": '{"user": 1, "x": 1}'}, ["data.x"], id="decode"
        ),
        pytest.param("  user_id: '[\"user.id\"]'\n", {"user.id": 1, "user.x": 1}, ['["user.x"]'], id="a dot in a name"),
        pytest.param("", {"^x": 1, "#": 1, "a + b": 1, "": 1, "\x00": 1, "a\x1b": 1}, None, id="odd names"),
    ],
)
def test_names_that_no_path_reads_are_counted(
    tmp_path: Path, more: str, record: dict[str, Any], names: list[str] | None
) -> None:
    found = find(tmp_path, more, record)
    if names is not None:
        assert found == names
    else:
        by_path = sorted(record, key=lambda name: str(Steps((name,))))
        assert [parse_path(name).steps for name in found] == [(name,) for name in by_path]
        assert all(name.isprintable() for name in found)


def test_fields_that_the_identity_reads_are_not_counted(tmp_path: Path) -> None:
    text = "fields:\n  event_type: type\n  event_at: at\nidentity: [log.id, type]\nconstants: {user_id: ann}\n"
    (tmp_path / "mine.yml").write_text(text, encoding="utf-8")
    assert count(read_source(tmp_path / "mine.yml"), {"log": {"id": 1, "x": 1}}) == ({"id": 1, "log.x": 1}, 0)


def test_fields_of_quarantined_records_count_and_those_of_ignored_ones_do_not(tmp_path: Path) -> None:
    source = make_source(tmp_path, "  user_id: user\nignore: {kind: test}\n")
    records = [{"user": "ann", "x": 1}, {"x": 1}, {"user": "ann", "x": {"y": 1}, "z": 1}, {"x": 1, "kind": "test"}, [1]]
    assert count(source, *records) == ({"x": 3, "z": 1}, 0)


def test_each_split_counts_from_zero(tmp_path: Path) -> None:
    reader = RecordReader(make_source(tmp_path), LIMITS)
    for names in ([("x", 1), ("user.y", 1)], [("x", 1), ("user.y", 1)]):
        reader.read(json.dumps({**BASE, "x": 1, "user": {"id": "a", "y": 1}}).encode())
        assert reader.observed.take()[-2:] == (sorted(names), 0)
    assert reader.observed.take()[-2:] == ([], 0)


def test_many_names_take_bounded_time_and_memory(tmp_path: Path) -> None:
    reader = RecordReader(make_source(tmp_path), LIMITS)
    texts = [
        json.dumps({**BASE, f"key{n}": 1, "plan": 1, "user": {"id": "a", f"k{n}": 1}}).encode() for n in range(10_000)
    ]
    began = time.process_time()
    for text in texts:
        reader.read(text)
    seconds = time.process_time() - began
    tracemalloc.start()
    for text in texts[:4_000]:
        reader.read(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    *_, names, unnamed = reader.observed.take()
    assert names[0] == ("plan", 14_000)
    assert len(names) == MAX_NAMES
    assert unnamed + sum(records for _, records in names[1:]) == 2 * 14_000
    assert seconds < 3
    assert peak < 20_000_000


def test_number_and_length_of_the_names_of_one_record_are_limited(tmp_path: Path) -> None:
    record = {**{f"k{n}": 1 for n in range(100_000)}, "long" * 1000: 1}
    names, unnamed = count(make_source(tmp_path), record, {"user": "ann"})
    assert (len(names), unnamed) == (MAX_NAMES, 100_002 - MAX_NAMES)
    assert max(map(len, names)) < 250


def test_a_key_that_names_an_erased_person_is_not_kept(tmp_path: Path) -> None:
    erased = Erased(bytes(32))
    erased = replace(erased, ids=frozenset(map(erased.hash, ("ann", "47"))), names=frozenset([erased.hash("Ann Lee")]))
    record = {"ann": 1, "by ann": 1, "47": 1, "Ann Lee": 1, "annex": 1, "user": {"ann": 1, "x": 1}}
    assert count(make_source(tmp_path), record, erased=erased) == ({"annex": 1, "user.x": 1}, 5)
    reader = RecordReader(make_source(tmp_path), LIMITS, erased)
    reader.read(json.dumps(record).encode())
    assert reader.observed.keys == {"annex", "user.x"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("plan", True), ("user.plan", True), ("user", False), ("user.id", False), ("user.id.x", False), ("a.b", False)],
)
def test_whether_a_mapping_reads_a_name(tmp_path: Path, name: str, expected: bool) -> None:
    assert is_unread(list_read_names(make_source(tmp_path)), parse_path(name)) is expected


def test_the_default_mapping_reads_its_own_names() -> None:
    record = {"document": {"id": "d", "kind": "x"}, "shared_with": [{"id": 1, "x": 1}], "edit": {"chars_delta": 1}}
    assert count(default_source(), record)[0] == {"at": 1, "document.kind": 1}
