"""Which texts name an instant, and which."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.transforms.timestamps import parse_timestamp

# text -> instant in UTC (None: no instant)
CASES = {
    "2025-06-02T12:00:00Z": "2025-06-02 12:00:00",
    "2025-06-02t12:00:00z": "2025-06-02 12:00:00",
    "2025-06-02 12:00:00Z": "2025-06-02 12:00:00",
    "2025-06-02T12:00:00": "2025-06-02 12:00:00",
    "2025-06-02T12:00": "2025-06-02 12:00:00",
    "2025-06-02T12:00Z": "2025-06-02 12:00:00",
    "2025-06-02T12:00+02:00": "2025-06-02 10:00:00",
    "2025-06-02T12:00:00+02:00": "2025-06-02 10:00:00",
    "2025-06-02T12:00:00+0200": "2025-06-02 10:00:00",
    "2025-06-02T12:00:00+02": "2025-06-02 10:00:00",
    "2025-06-02T12:00:00 +02:00": "2025-06-02 10:00:00",
    "2025-06-02T12:00:00-05:30": "2025-06-02 17:30:00",
    "2025-06-02T12:00:00.5Z": "2025-06-02 12:00:00.5",
    "2025-06-02T12:00:00,5Z": "2025-06-02 12:00:00.5",
    "2025-06-02T12:00:00.123456Z": "2025-06-02 12:00:00.123456",
    "2025-06-02T12:00:00.123456999Z": "2025-06-02 12:00:00.123456",
    "2025-06-02T12:00:00.1234567891234+01:00": "2025-06-02 11:00:00.123456",
    "2024-02-29T00:00:00Z": "2024-02-29 00:00:00",
    "1748865600": "2025-06-02 12:00:00",
    "1748865600.25": "2025-06-02 12:00:00.25",
    "1.7488656E9": "2025-06-02 12:00:00",
    "1748865600123": "2025-06-02 12:00:00.123",
    "1748865600123456": "2025-06-02 12:00:00.123456",
    "1748865600123.5": "2025-06-02 12:00:00.1235",
    "1748865600.1234569": "2025-06-02 12:00:00.123456",
    "0": "1970-01-01 00:00:00",
    "2025-02-30T12:00:00Z": None,
    "2025-06-02T24:00:00Z": None,
    "2025-06-02T12:60:00Z": None,
    "2025-06-02T12:00:60Z": None,
    "2025-06-02T12:00:00+19:00": None,
    "2025-06-02": None,
    "T12:00": None,
    "12:30": None,
    "2025-6-2T12:00:00Z": None,
    "2025-06-02T12Z": None,
    "yesterday": None,
    "2025-06-02T12:00:00Z junk": None,
    "2025-06-02T12:00:00 Europe/Berlin": None,
    "NaN": None,
    "1e400": None,
    "99999999999999999999999999": None,
}


@pytest.fixture(scope="module")
def instants(spark: SparkSession) -> dict[str, str | None]:
    frame = spark.createDataFrame([(text,) for text in CASES], "text string")
    rows = frame.select("text", parse_timestamp(F.col("text"), "UTC").cast("string").alias("instant")).collect()
    return {row.text: row.instant for row in rows}


@pytest.mark.parametrize("text", CASES)
def test_timestamp_form(instants: dict[str, str | None], text: str) -> None:
    assert instants[text] == CASES[text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-06-02T12:00:00", "2025-06-02 10:00:00"),
        ("2025-01-02T12:00", "2025-01-02 11:00:00"),
        ("2025-06-02T12:00:00Z", "2025-06-02 12:00:00"),
        ("2025-03-30T02:30:00", "2025-03-30 01:30:00"),  # in the gap: as if the clock had not been moved
        ("2025-10-26T02:30:00", "2025-10-26 00:30:00"),  # twice that night: the first
    ],
)
def test_default_time_zone_applies_only_without_an_offset(spark: SparkSession, text: str, expected: str) -> None:
    frame = spark.createDataFrame([(text,)], "text string")
    found = frame.select(parse_timestamp(F.col("text"), "Europe/Berlin").cast("string")).first()[0]
    assert found == expected
