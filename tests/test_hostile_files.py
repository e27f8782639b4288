"""Three hundred hostile files in one run: it ends, every sum closes, and whatever is quarantined is kept as it came."""

import base64
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from pyspark.sql import SparkSession

from schemas.reasons import REASONS
from tests.conftest import empty_database
from tests.hostile import STRINGS, make_files
from tests.loading import load, query

SEED = 20250602
KEPT_BYTES = 64 * 1024


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return make_files(SEED, 300)


@pytest.fixture(scope="module")
def quarantined(
    server: str, spark: SparkSession, files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(database, the records in data/quarantine) of one run over the files; that it ends here means exit code 0."""
    root = tmp_path_factory.mktemp("hostile")
    (root / "in").mkdir()
    for name, content in files.items():
        (root / "in" / name).write_bytes(content)
    with empty_database(server) as url:
        load(url, root / "in", root / "data", "--accept-quality")
        kept = [
            path.read_text(encoding="utf-8").split("\n")[:-1] for path in (root / "data" / "quarantine").rglob("*.json")
        ]
        yield url, [json.loads(line) for part in kept for line in part]


def name_of(record: dict[str, Any]) -> str:
    return Path(unquote(record["source_file"])).name


def test_every_file_is_in_the_ledger_and_its_sums_close(
    quarantined: tuple[str, list[dict[str, Any]]], files: dict[str, bytes]
) -> None:
    url, records = quarantined
    rows = query(
        url, "select file_path, records, blank, quarantined, accepted from ops.ingested_files where is_current"
    )
    assert {Path(unquote(path)).name for path, *_ in rows} == files.keys()
    assert [row for row in rows if row[1] != row[2] + row[3] + row[4]] == []
    in_files = {Path(unquote(path)).name: quarantined for path, _, _, quarantined, _ in rows if quarantined}
    assert in_files == Counter(map(name_of, records))


def test_every_quarantined_record_has_its_place_its_reasons_and_its_text(
    quarantined: tuple[str, list[dict[str, Any]]], files: dict[str, bytes]
) -> None:
    records = quarantined[1]
    assert len(records) > 500
    assert len({(name_of(record), record["record_number"]) for record in records}) == len(records)
    for record in records:
        assert name_of(record) in files
        assert record["record_number"] >= 1
        assert record["reasons"]
        assert set(record["reasons"]) <= set(REASONS)
        assert record["details"]["problems"]
        text = original(record)
        if record["reasons"] == ["unreadable_file"]:
            assert record["details"]["problems"][0]["value"], "says what is wrong with the file"
            continue
        assert text is not None
        if record["raw_bytes"] <= KEPT_BYTES:
            assert (len(text), sha256(text).hexdigest()) == (record["raw_bytes"], record["raw_sha256"])
        else:
            assert KEPT_BYTES - 4 <= len(text) <= KEPT_BYTES


def test_the_text_of_a_quarantined_record_stands_in_its_file(
    quarantined: tuple[str, list[dict[str, Any]]], files: dict[str, bytes]
) -> None:
    looked_at = 0
    for record in quarantined[1]:
        content = unpack(files[name_of(record)])
        if content[:2] not in (b"\xff\xfe", b"\xfe\xff") and (text := original(record)):
            assert text in content, (name_of(record), record["record_number"])
            looked_at += 1
    assert looked_at > 400


def test_what_postgresql_can_store_comes_out_byte_for_byte(quarantined: tuple[str, list[dict[str, Any]]]) -> None:
    rows = query(
        quarantined[0],
        "select e.event_id, e.comment_text, q.quarantined from public.events as e"
        " join ops.ingested_files as q using (file_id) where e.event_id like 'string %'",
    )
    assert {event_id: text for event_id, text, _ in rows} == {f"string {n}": text for n, text in enumerate(STRINGS)}
    (counts,) = query(
        quarantined[0],
        r"select array_agg(accepted order by file_path) from ops.ingested_files where file_path like '%/strings%'",
    )
    assert counts == ([len(STRINGS)] * 3,)  # plain, packed, escaped: three times the same events


def original(record: dict[str, Any]) -> bytes | None:
    if record.get("raw_base64") is not None:
        return base64.b64decode(record["raw_base64"])
    return record["raw"].encode() if record.get("raw") is not None else None


def unpack(content: bytes) -> bytes:
    """What comes out of a gzip before the damage; other content as it is."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    unpacker, parts = zlib.decompressobj(wbits=31), []
    with suppress(zlib.error):
        for place in range(len(content)):
            parts.append(unpacker.decompress(content[place : place + 1]))
    return b"".join(parts)
