"""Rows with defaults, so that a test names only what it is about."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from jobs.records.erased_people import Erased
from jobs.records.files.raw_record import RawRecord
from jobs.records.read_splits import Piece, ReadRequest, read_pieces
from jobs.records.validate import Limits
from jobs.storage.config.sources import read_source
from schemas.fields import Source
from schemas.tables import EVENTS

ROOT = Path(__file__).resolve().parents[1]
NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)  # a Monday
LIMITS = Limits(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), max_id_bytes=2000)


def default_source() -> Source:
    return read_source(ROOT / "conf" / "sources" / "default.yml")


def record_json(**fields: Any) -> str:
    """The JSON text of a valid login; a field given as None is left out."""
    event = {"event_id": "e1", "event_type": "user_login", "timestamp": "2025-06-02T12:00:00Z", "user_id": "ann"}
    return json.dumps({key: value for key, value in {**event, **fields}.items() if value is not None})


def read_texts(spark: SparkSession, *texts: str | bytes, erased: Erased | None = None) -> DataFrame:
    """What reading gives (`schemas.tables.READ_RECORDS`) for one record a text, numbered from 1, all of file 1."""
    frames = [
        RawRecord(number, text if isinstance(text, bytes) else text.encode()) for number, text in enumerate(texts, 1)
    ]
    request = ReadRequest({1: default_source()}, LIMITS, erased)
    return spark.createDataFrame(pa.Table.from_batches(read_pieces(request, [Piece(1, 0, frames)])))


def minutes(count: float) -> datetime:
    """That many minutes after noon."""
    return NOON + timedelta(minutes=count)


def at(minute: int, event_id: str | None = None, **fields: Any) -> str:
    """The JSON text of a login that many minutes after noon, named for its minute unless it has a name."""
    time = f"{minutes(minute):%Y-%m-%dT%H:%M:%SZ}"
    return record_json(event_id=event_id or f"m{minute}", timestamp=time, **fields)


def events(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    """Accepted records, one a row: a login by ann at noon, unless the row says otherwise."""
    columns = [field for field in EVENTS if field.name not in ("event_date", "day_of_week", "session_id", "run_id")]
    more = {
        "recipients": T.ArrayType(T.StringType()),
        "is_held": T.BooleanType(),
        "properties": T.StringType(),
        "split": T.LongType(),
    }
    columns += [T.StructField(name, kind) for name, kind in more.items()]
    default = {
        "event_id": "e1",
        "event_type": "user_login",
        "event_at": NOON,
        "user_id": "ann",
        "content_fingerprint": "f0",
        "file_id": 1,
        "split": 0,
        "record_number": 1,
        "is_current": True,
        "is_held": True,
    }
    known = {field.name for field in columns}
    unknown = {name for row in rows for name in row} - known
    assert not unknown, unknown
    values = [tuple({**default, **row}.get(field.name) for field in columns) for row in rows]
    return spark.createDataFrame(values, T.StructType(columns))
