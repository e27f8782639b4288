"""`time_formats` of a mapping say how a producer writes its times."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.records.values.timestamps import NoTimeError, TimeReader, check_time_format
from schemas.paths import parse_path
from tests.records.helpers import SOURCE, accept, put, quarantine
from tests.records.times import micros, read_time

# (format, text) -> instant in UTC (None: no instant)
FORMATS = {
    ("epoch_s", "1748865600"): "2025-06-02 12:00:00",
    ("epoch_s", "1748865600.9999999"): "2025-06-02 12:00:00.999999",
    ("epoch_s", "2024010510"): "2034-02-20 01:08:30",
    ("epoch_s", "100000000000"): "5138-11-16 09:46:40",
    ("epoch_s", "2025-06-02T12:00:00Z"): "2025-06-02 12:00:00",
    ("epoch_ms", "1748865600123"): "2025-06-02 12:00:00.123",
    ("epoch_ms", "1748865600"): "1970-01-21 05:47:45.6",
    ("epoch_us", "1748865600123456"): "2025-06-02 12:00:00.123456",
    ("epoch_us", "2024010510300012"): "2034-02-20 01:08:30.300012",
    ("epoch_us", "1.9"): "1970-01-01 00:00:00.000001",
    ("epoch_ns", "1748865600123456789"): "2025-06-02 12:00:00.123456",
    ("epoch_ns", "1748865600123456.789"): "1970-01-21 05:47:45.600123",
    ("epoch_ns", "-1"): "1969-12-31 23:59:59.999999",
    ("%d/%b/%Y:%H:%M:%S %z", "02/Jun/2025:14:00:00 +0200"): "2025-06-02 12:00:00",
    ("%d/%b/%Y:%H:%M:%S", "02/jun/2025:12:00:00"): "2025-06-02 12:00:00",
    ("%d/%b/%Y:%H:%M:%S", "02/Juin/2025:12:00:00"): None,
    ("%m/%d/%Y %I:%M:%S %p", "6/2/2025 12:00:00 PM"): "2025-06-02 12:00:00",
    ("%m/%d/%Y %I:%M:%S %p", "6/2/2025 12:00:00 am"): "2025-06-02 00:00:00",
    ("%m/%d/%Y %I:%M:%S %p", "6/2/2025 11:59:59 PM"): "2025-06-02 23:59:59",
    ("%m/%d/%Y %I:%M:%S %p", "6/2/2025 13:00:00 PM"): None,
    ("%m/%d/%Y %I:%M:%S %p", "6/2/2025 0:00:00 AM"): None,
    ("%m/%d/%Y %I:%M:%S %p", "13/2/2025 1:00:00 AM"): None,
    ("%d.%m.%y %H:%M", "2.6.25 12:00"): "2025-06-02 12:00:00",
    ("%d.%m.%y %H:%M", "2.6.69 12:00"): "1969-06-02 12:00:00",
    ("%d.%m.%y %H:%M", "2.6.68 12:00"): "2068-06-02 12:00:00",
    ("%B %d, %Y %H:%M", "June 2, 2025  12:00"): "2025-06-02 12:00:00",
    ("%A %d %B %Y %H:%M", "Monday 2 June 2025 12:00"): "2025-06-02 12:00:00",
    ("%A %d %B %Y %H:%M", "Tuesday 2 June 2025 12:00"): None,
    ("%Y-%j %H:%M", "2025-153 12:00"): "2025-06-02 12:00:00",
    ("%Y-%j %H:%M", "2025-366 12:00"): None,
    ("%Y-%j %H:%M", "2025-0 12:00"): None,
    ("%Y-%j %H:%M", "2024-366 12:00"): "2024-12-31 12:00:00",
    ("%Y-%m-%d %H:%M:%S,%f", "2025-06-02 12:00:00,5"): "2025-06-02 12:00:00.5",
    ("%Y-%m-%d %H:%M:%S.%f", "2025-06-02 12:00:00.123456"): "2025-06-02 12:00:00.123456",
    ("%Y-%m-%d %H:%M:%S.%f", "2025-06-02 12:00:00.1234567"): "2025-06-02 12:00:00.123456",
    ("%Y_%m_%d %H:%M:%S:%f", "2025_06_02 12:00:00:123456789"): "2025-06-02 12:00:00.123456",
    ("%Y%m%d%H%M%S%f", "20250602120000123456789"): "2025-06-02 12:00:00.123456",
    ("%Y%m%d%H%M%S%f", "2025060212000012"): "2025-06-02 12:00:00.12",
    ("%Y%m%d%H%M%S", "20250602120000"): "2025-06-02 12:00:00",
    ("%Y%m%d%H", "2025060212"): "2025-06-02 12:00:00",
    # ambiguous: 2 June, or 26 January at 2 o'clock
    ("%Y%m%d%H", "202506212"): "1976-06-01 19:43:32",
    ("%Y%m%d%H", "2025060224"): "2034-03-04 04:43:44",
    ("%Y-%m-%d %H:%M:%S %z", "2025-06-02 12:00:00 UTC"): "2025-06-02 12:00:00",
    ("%Y-%m-%d %H:%M:%S %z", "2025-06-02 12:00:00 +05:45"): "2025-06-02 06:15:00",
    ("%Y-%m-%d %H:%M:%S UTC%z", "2025-06-02 12:00:00 UTC\u221202"): "2025-06-02 14:00:00",
    ("%Y-%m-%d %H:%M:%S %z", "2025-06-02 12:00:00 PST"): None,
    ("%Y-%m-%d %H:%M:%S %z", "2025-06-02 12:00:00 +2000"): None,
    ("%d.%m.%Y %H:%M:%S", "30.2.2025 12:00:00"): None,
    ("%d.%m.%Y %H:%M:%S", "2.6.2025 24:00:00"): None,
    ("%d.%m.%Y %H:%M:%S", "31.12.2016 23:59:60"): None,
    ("%d.%m.%Y %H:%M:%S", "\u0662.6.2025 12:00:00"): None,
    ("%d.%m.%Y %H:%M:%S", "2.6.2025 12:00:00 junk"): None,
    ("%Y\u5e74%m\u6708%d\u65e5 %H\u6642%M\u5206", "2025\u5e746\u67082\u65e5 12\u664200\u5206"): "2025-06-02 12:00:00",
    ("100%% at %Y-%m-%d %H:%M", "100% at 2025-06-02 12:00"): "2025-06-02 12:00:00",
    (" [%Y-%m-%d %H:%M] ", "[2025-06-02 12:00]"): "2025-06-02 12:00:00",
    ("%Y.%m.%d %H:%M", "2025-06-02 12:00"): "2025-06-02 12:00:00",  # a built-in form
    ("%Y.%m.%d %H:%M", "2025x06x02 12:00"): None,
}


@pytest.mark.parametrize(("time_format", "text"), FORMATS)
def test_a_time_is_read_by_its_format(time_format: str, text: str) -> None:
    assert check_time_format(time_format) is None
    assert read_time(text, "UTC", time_format) == micros(FORMATS[time_format, text])


# A local epoch counts the local clock time as if it was UTC. When the clock goes forward, an hour does not exist; it is
# read as if the clock had not moved. When the clock goes back, an hour exists twice; we take the first one.
LOCAL = {
    ("Europe/Berlin", "2025-06-02 14:00:00"): "2025-06-02 12:00:00",
    ("Europe/Berlin", "2025-01-02 13:00:00"): "2025-01-02 12:00:00",
    ("Europe/Berlin", "2025-03-30 01:59:59"): "2025-03-30 00:59:59",
    ("Europe/Berlin", "2025-03-30 02:30:00"): "2025-03-30 01:30:00",
    ("Europe/Berlin", "2025-03-30 03:00:00"): "2025-03-30 01:00:00",
    ("Europe/Berlin", "2025-10-26 02:30:00"): "2025-10-26 00:30:00",
    ("Europe/Berlin", "2025-10-26 03:00:00"): "2025-10-26 02:00:00",
    ("America/New_York", "2025-11-02 01:30:00"): "2025-11-02 05:30:00",
    ("Asia/Kathmandu", "1969-12-31 23:59:59"): "1969-12-31 18:29:59",
    ("UTC", "2025-06-02 12:00:00"): "2025-06-02 12:00:00",
}


@pytest.mark.parametrize(("zone", "shown"), LOCAL)
def test_local_epoch_counts_local_clock_time(zone: str, shown: str) -> None:
    counted = micros(shown)
    assert counted is not None
    texts = {
        "local_epoch_s": f"{counted // 10**6}",
        "local_epoch_ms": f"{counted // 1000}",
        "local_epoch_us": f"{counted}",
        "local_epoch_ns": f"{counted * 1000}",
    }
    found = {name: read_time(text, zone, name) for name, text in texts.items()}
    assert found == dict.fromkeys(texts, micros(LOCAL[zone, shown]))
    assert read_time(shown, zone) == micros(LOCAL[zone, shown])


def test_local_epoch_beyond_any_year_is_out_of_range() -> None:
    assert TimeReader("Europe/Berlin", ("local_epoch_s",)).read("9e20") == (
        9 * 10**26,
        "seconds since 1970, of local time",
    )


def test_formats_are_tried_in_order_before_the_built_in_forms() -> None:
    us, eu = "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"
    assert read_time("02/06/2025 12:00", "UTC", us, eu) == micros("2025-02-06 12:00:00")
    assert read_time("02/06/2025 12:00", "UTC", eu, us) == micros("2025-06-02 12:00:00")
    assert read_time("06/13/2025 12:00", "UTC", eu, us) == micros("2025-06-13 12:00:00")
    assert read_time("2025-06-02 12:00", "UTC", "%Y-%d-%m %H:%M") == micros("2025-02-06 12:00:00")
    assert read_time("2025060212", "UTC", "%Y%m%d%H", "epoch_ms") == micros("2025-06-02 12:00:00")
    assert read_time("1748865600", "UTC", "%Y%m%d%H", "epoch_ms") == micros("1970-01-21 05:47:45.6")


def test_a_format_without_an_offset_is_in_the_default_time_zone() -> None:
    assert read_time("2.6.2025 12:00", "Europe/Berlin", "%d.%m.%Y %H:%M") == micros("2025-06-02 10:00:00")
    assert read_time("2.6.2025 12:00 Z", "Europe/Berlin", "%d.%m.%Y %H:%M %z") == micros("2025-06-02 12:00:00")


def test_a_time_that_fits_no_format_is_reported_with_the_formats() -> None:
    with pytest.raises(NoTimeError) as caught:
        TimeReader("UTC", ("epoch_ms", "%d.%m.%Y %H:%M")).read("soon")
    assert caught.value.expected == (
        "an ISO 8601 date and time, or an epoch number, or one of these time_formats: epoch_ms, %d.%m.%Y %H:%M"
    )


@given(st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 30)))
def test_a_time_written_by_strftime_is_read_by_the_same_pattern(instant: datetime) -> None:
    for pattern in (
        "%Y%m%d%H%M%S%f",
        "%a %d %b %Y %H:%M:%S,%f",
        "%A, %B %d %Y %I.%M.%S.%f %p",
        "%f %S %M %H %j %Y",
        "%d/%m/%Y:%H:%M:%S.%f +00:00",
    ):
        written = instant.strftime(pattern)
        assert read_time(written, "UTC", pattern) == micros(str(instant)), written


FAULTS = {
    "epoch": "it is neither one of epoch_s, epoch_ms, epoch_us, epoch_ns, local_epoch_s, local_epoch_ms,"
    " local_epoch_us, local_epoch_ns nor a pattern such as %d/%b/%Y:%H:%M:%S %z",
    "": "it is neither one of epoch_s, epoch_ms, epoch_us, epoch_ns, local_epoch_s, local_epoch_ms,"
    " local_epoch_us, local_epoch_ns nor a pattern such as %d/%b/%Y:%H:%M:%S %z",
    "%Y-%m-%d %H:%M %Z": "%Z is not known; known are %Y %y %m %b %B %d %j %a %A %H %I %p %M %S %f %z and %%",
    "%s": "%s is not known; known are %Y %y %m %b %B %d %j %a %A %H %I %p %M %S %f %z and %%",
    "%Y-%m-%d %H:%M %": "a % stands at its end; %% is a percent sign",
    "%H:%M": "it has no year: %Y or %y",
    "%d.%m. %H:%M": "it has no year: %Y or %y",
    "%Y %H:%M": "it has no day: %m and %d, or %j",
    "%Y-%m %H:%M": "it has no day: %m and %d, or %j",
    "%Y-%m-%d": "it has no hour: %H, or %I and %p",
    "%Y-%m-%d %I:%M": "it has no hour: %H, or %I and %p",
    "%Y-%m-%d %H:%M %p": "it has the hour twice: %H, and %I or %p",
    "%Y-%m-%d %j %H:%M": "it has the day twice: %j, and %m or %d",
    "%Y-%m-%d %H:%M %y": "it has the year twice",
    "%Y-%m-%b %d %H": "it has the month twice",
    "%Y-%m-%d %H:%S": "it has seconds without minutes: %M",
    "%Y-%m-%d %H:%M.%f": "it has a fraction without seconds: %S",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_wrong_time_format_is_explained(text: str) -> None:
    assert check_time_format(text) == FAULTS[text]


def test_formats_apply_to_their_own_field_only() -> None:
    source = replace(
        SOURCE,
        fields={**SOURCE.fields, "revision": (parse_path("changed"),)},
        time_formats={"event_at": ("%Y%m%d%H",), "revision": ("epoch_s", "%d.%m.%Y %H:%M")},
    )
    compact = put('"timestamp":2025060212,"changed":"2.6.2025 12:00"')
    event = accept(compact, source)
    assert (event.event_at.isoformat(), event.revision) == ("2025-06-02T12:00:00+00:00", micros("2025-06-02 12:00:00"))
    for number in ("1748865600", '"1748865600"', '" 1748865600.0 "'):
        event = accept(put(f'"timestamp":2025060212,"changed":{number}'), source)
        assert event.revision == micros("2025-06-02 12:00:00")
    assert [problem.reason for problem in quarantine(compact).problems] == ["bad_timestamp"]


def test_a_revision_is_a_whole_number_or_a_time_in_any_form() -> None:
    source = replace(SOURCE, fields={**SOURCE.fields, "revision": (parse_path("changed"),)})
    found = {
        '"2025-06-02 12:00:00 UTC"': micros("2025-06-02 12:00:00"),
        '"20250602T120000Z"': micros("2025-06-02 12:00:00"),
        "2024010510": 2024010510,
        '"1748865600"': 1748865600,
    }
    assert {changed: accept(put(f'"changed":{changed}'), source).revision for changed in found} == found
