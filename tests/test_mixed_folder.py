"""One folder of every format and every defect, loaded by the job: what becomes of each file, and the sums."""

import gzip
import json
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.builders import record_json
from tests.conftest import empty_database
from tests.loading import load, query

_ids = (f"e{number}" for number in count())


def valid(number: int, indent: int | None = None, **fields: object) -> list[str]:
    """That many records that are accepted, each with an id of its own."""
    texts = [record_json(**{"event_id": next(_ids), **fields}) for _ in range(number)]
    return texts if indent is None else [json.dumps(json.loads(text), indent=indent) for text in texts]


def lines(*texts: str) -> str:
    return "\n".join(texts) + "\n"


def array(*texts: str) -> str:
    return "[" + ",\n".join(texts) + "]"


def wrapper(*texts: str) -> str:
    return '{"next": null, "Records": ' + array(*texts) + "}"


OOPS = record_json().replace('"ann"', "oops")
PRINTED_OOPS = json.dumps({**json.loads(record_json()), "list": [{"a": 1}, {"b": 2}]}, indent=2).replace(
    '"ann"', "oops"
)
RANDOM = [{**json.loads(text), "filling": os.urandom(30).hex()} for text in valid(3000)]
PACKED_LINES = gzip.compress(lines(*map(json.dumps, RANDOM)).encode())
PACKED_ARRAY = gzip.compress(json.dumps(RANDOM).encode())

# Records, blank, quarantined; None where chance has a say in it.
Account = tuple[int, int, int] | None
Accounts = dict[str, Account]  # by URI
Case = tuple[str | bytes, Account]
# The database, what the last run told, what must have become of each file.
Loaded = tuple[str, str, Accounts]

FORMATS: dict[str, Case] = {
    "lines": (lines(*valid(2), "", " \t", *valid(1)), (5, 2, 0)),
    "lines of windows": ("\r\n".join(valid(3)) + "\r\n", (3, 0, 0)),
    "lines without the last end": ("\n".join(valid(3)), (3, 0, 0)),
    "lines of an old mac": ("\r".join(valid(3)), (3, 0, 0)),
    "array": (array(*valid(3)), (3, 0, 0)),
    "array on a line": (json.dumps([json.loads(text) for text in valid(3)]), (3, 0, 0)),
    "printed array": (json.dumps([json.loads(text) for text in valid(3)], indent=4), (3, 0, 0)),
    "printed": (lines(*valid(3, indent=2)), (3, 0, 0)),
    "concatenated": ("".join(valid(3)), (3, 0, 0)),
    "two arrays": (array(*valid(2)) + "\n" + array(*valid(2)), (4, 0, 0)),
    "one object": (valid(1)[0], (1, 0, 0)),
    "one enormous line": (valid(1, comment_text="x" * 3_000_000)[0], (1, 0, 0)),
    "empty": ("", (0, 0, 0)),
    "empty array": ("[]", (0, 0, 0)),
    "blank": ("\n \n\t\n", (3, 3, 0)),
    "lines with a mark": (lines(*valid(3)).encode("utf-8-sig"), (3, 0, 0)),
    "array with a mark": (array(*valid(3)).encode("utf-8-sig"), (3, 0, 0)),
    "lines in utf-16": (lines(*valid(3)).encode("utf-16"), (3, 0, 0)),
    "array in utf-16": (array(*valid(3)).encode("utf-16"), (3, 0, 0)),
    # Defects.
    "comments": (lines("# a", "// b", "/* c */", *valid(3)), (6, 0, 3)),
    "two on a line": (lines(*valid(2), "".join(valid(2))), (4, 0, 0)),
    "an array on a line of lines": (lines(*valid(2), array(*valid(2)).replace("\n", "")), (3, 0, 1)),
    "broken line": (lines(*valid(2), OOPS, *valid(1)), (4, 0, 1)),
    "broken element": (array(*valid(2), OOPS, "junk", *valid(2)), (6, 0, 2)),
    "broken printed": (lines(*valid(1, indent=2), PRINTED_OOPS, *valid(1, indent=2)), (3, 0, 1)),
    "truncated lines": (lines(*valid(3)) + valid(1)[0][:-9] + "\n", (4, 0, 1)),
    "truncated array": (array(*valid(3))[:-9], (3, 0, 1)),
    "truncated array after a comma": (array(*valid(3), "")[:-1], (3, 0, 0)),
    "junk before objects": (lines("export of today", *valid(2, indent=1)), (3, 0, 1)),
    "array of scalars": ('[1, "x", null, [{}]]', (4, 0, 4)),
    "latin-1": (lines(*valid(2), record_json(comment_text="@")).replace("@", "\u00e9").encode("latin-1"), (3, 0, 1)),
    "no bytes of text": (bytes(range(128, 256)), (1, 0, 1)),
    "zeros": (lines(*valid(2)).encode() + bytes(100), (3, 0, 1)),
    "utf-16 without a mark": ("".join(valid(1)).encode("utf-16-le"), (2, 0, 2)),
    "keys that differ in case": (
        lines(*(text.replace("{", '{"Event_ID": "A", "USER_ID": 7, "User_Id": {}, ', 1) for text in valid(3))),
        (3, 0, 0),
    ),
    "only keys in another case": (lines(*(text.replace("event_id", "Event_ID") for text in valid(3))), (3, 0, 3)),
    "now text, now an object": (
        lines(*valid(1, device="x"), *valid(1, device={"os": "y"}), *valid(1, user="z"), *valid(1, user={"name": "w"})),
        (4, 0, 0),
    ),
    "now an id, now an object": (lines(*valid(2), *valid(1, user_id={"id": "x"}), *valid(1, user_id=["x"])), (4, 0, 2)),
    "milliseconds": (lines(*valid(2, timestamp=1748865600123), *valid(1, timestamp="1748865600123")), (3, 0, 0)),
    "fields missing": (lines(record_json(user_id=None), "{}", *valid(1)), (3, 0, 2)),
    "thousands of duplicates": (lines(*valid(1)) * 3000, (3000, 0, 0)),
}
SPOILT: dict[str, tuple[bytes, Account]] = {
    "truncated lines.jsonl.gz": (PACKED_LINES[: len(PACKED_LINES) // 2], None),
    "truncated array.json.gz": (PACKED_ARRAY[: len(PACKED_ARRAY) // 2], None),
    "damaged lines.jsonl.gz": (PACKED_LINES[:9000] + b"\0\0\0\0" + PACKED_LINES[9004:], None),
    "a head only.json.gz": (PACKED_LINES[:5], (1, 0, 1)),
    "with a tail.jsonl.gz": (gzip.compress(lines(*valid(2)).encode()) + b"junk", (3, 0, 1)),
    "members.jsonl.gz": (b"".join(gzip.compress(lines(*valid(1)).encode()) for _ in range(3)), (3, 0, 0)),
    "plain.jsonl.gz": (lines(*valid(2)).encode(), (2, 0, 0)),
    "packed.jsonl": (gzip.compress(lines(*valid(2)).encode()), (2, 0, 0)),
}  # fmt: skip
WRAPPED: dict[str, Case] = {
    "one wrapper": (wrapper(*valid(3)), (3, 0, 0)),
    "printed wrapper": (json.dumps(json.loads(wrapper(*valid(3))), indent=2), (3, 0, 0)),
    "a wrapper a line": (
        lines(wrapper(*valid(2)).replace("\n", ""), "", wrapper(*valid(2)).replace("\n", "")),
        (5, 1, 0),
    ),
    "wrappers in an array": (array(wrapper(*valid(2)), wrapper(*valid(2))), (4, 0, 0)),
    "wrappers one after the other": (wrapper(*valid(2)) + wrapper(*valid(2)), (4, 0, 0)),
    "an empty wrapper": (wrapper(), (1, 0, 0)),
    "no wrapper": (lines(*valid(2)), (2, 0, 0)),
    "a truncated wrapper": (wrapper(*valid(3))[:-12], (3, 0, 1)),
    "a broken element in a wrapper": (wrapper(*valid(1), OOPS, *valid(1)), (4, 0, 2)),
}


def write(folder: Path, cases: dict[str, Case], expected: Accounts) -> None:
    """Each case as it is and as gzip (whose records are repetitions then), in folders of their own."""
    suffixes: dict[str, Callable[[bytes], bytes]] = {".json": bytes, ".log.gz": gzip.compress}
    for name, (content, account) in cases.items():
        raw = content if isinstance(content, bytes) else content.encode()
        for suffix, pack in suffixes.items():
            path = folder / f"{name} [{suffix}]" / f"{name}{suffix}"
            path.parent.mkdir(parents=True)
            path.write_bytes(pack(raw))
            expected[path.as_uri()] = account


@pytest.fixture(scope="module")
def loaded(server: str, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """(database, summary of the last run, the account of every file) of two folders with a mapping each."""
    root = tmp_path_factory.mktemp("mixed")
    expected: Accounts = {}
    write(root / "all", FORMATS, expected)
    for name, (content, account) in SPOILT.items():
        (root / "all" / name).write_bytes(content)
        expected[(root / "all" / name).as_uri()] = account
    unreadable = Path(os.fsdecode(os.fsencode(root) + b"/all/not utf-8 \xff.json"))
    unreadable.write_text(lines(*valid(2)))
    expected[unreadable.as_uri()] = (1, 0, 1)
    for name in ("_started.json", ".hidden.json", "half.json.tmp", "notes.txt"):
        (root / "all" / name).write_text(lines(*valid(1)))
    (root / "all" / "nowhere.json").symlink_to(root / "none")
    (root / "all" / "circle").symlink_to(root / "all")
    write(root / "wrapped", WRAPPED, expected)
    source = root / "wrapped.yml"
    source.write_text(
        "record_path: Records\n"
        "fields: {event_id: event_id, event_type: event_type, event_at: timestamp, user_id: user_id}\n"
    )
    with empty_database(server) as url:
        load(url, root / "wrapped", root / "data", "--source", str(source), "--accept-quality")
        yield url, load(url, root / "all", root / "data", "--accept-quality"), expected


def test_every_file_has_the_account_that_it_must_have(loaded: Loaded) -> None:
    url, _, expected = loaded
    rows = query(url, "select file_path, records, blank, quarantined from ops.ingested_files where is_current")
    found = {path: tuple(account) for path, *account in rows}
    assert found.keys() == expected.keys()
    assert {path: found[path] for path, account in expected.items() if account} == {
        path: account for path, account in expected.items() if account
    }


def test_the_sums_close_for_every_file(loaded: Loaded) -> None:
    url = loaded[0]
    open_sums = query(
        url,
        "select file_path from ops.ingested_files where records <> blank + ignored + quarantined + accepted"
        " or accepted <> published + exact_duplicates + superseded",
    )
    assert open_sums == []
    (published, events), *_ = query(
        url, "select sum(published), (select count(*) from public.events) from ops.ingested_files where is_current"
    )
    assert published == events > 1000


def test_of_a_spoilt_gzip_the_whole_records_are_loaded(loaded: Loaded) -> None:
    rows = query(
        loaded[0],
        "select regexp_replace(file_path, '.*/', ''), accepted, quarantined,"
        " (select array_agg(distinct q.record_number) from ops.quarantined_records as q"
        " where q.file_id = f.file_id and 'unreadable_file' = any(q.reasons)), records from ops.ingested_files as f"
        " where file_path ~ '(truncated%20(lines.jsonl|array.json)|damaged.*).gz$' and file_path !~ 'log.gz'",
    )
    assert len(rows) == 3
    for name, accepted, quarantined, unreadable, records in rows:
        assert unreadable == [records], name  # the remainder is the last record, and one
        if name.startswith("truncated"):
            assert (accepted > 1000, quarantined) == (True, 1), name


def test_skipped_files_are_listed_by_reason(loaded: Loaded) -> None:
    section = loaded[1].split("files skipped\n")[1].splitlines()[:4]
    assert sorted(" ".join(line.split()) for line in section) == [
        "gone or no file 1",
        "linked folder 1",
        "not included 1",
        "unfinished 3",
    ]
