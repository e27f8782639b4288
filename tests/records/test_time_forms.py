"""The forms of time that other products write, ambiguous digits, and the units of numbers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.records import Problem
from jobs.records.values.timestamps import NoTimeError, TimeReader, to_micros
from tests.builders import record_json
from tests.records.helpers import quarantine
from tests.records.times import micros, read_time

# text -> instant in UTC (None: no instant)
FORMS = {
    # a zone's name after an offset, as Java and Go write it
    "2025-06-02T12:00:00+02:00[Europe/Berlin]": "2025-06-02 10:00:00",
    "2025-06-02T12:00:00Z[UTC]": "2025-06-02 12:00:00",
    "2025-06-02T12:00:00+00:00[UTC]": "2025-06-02 12:00:00",
    "2025-06-02T12:00:00+02:00[GMT+02:00]": "2025-06-02 10:00:00",
    "2025-06-02T12:00:00[Europe/Berlin]": None,
    "2025-06-02T12:00:00+02:00[UTC]": None,
    "2025-06-02T12:00:00+02:00[]": None,
    "2025-06-02 12:00:00 +0000 UTC": "2025-06-02 12:00:00",
    "2025-06-02 12:00:00.123456789 +0000 UTC m=+0.000012": "2025-06-02 12:00:00.123456",
    "2025-06-02 12:00:00 -0500 EST m=-1.5": "2025-06-02 17:00:00",
    "2025-06-02 12:00:00 +0300 +03": "2025-06-02 09:00:00",
    "2025-06-02 12:00:00 +0200 UTC": None,
    "2025-06-02 12:00:00 EST m=+0.1": None,
    "2025-06-02 12:00:00 +0000 UTC m=": None,
    # the basic form of ISO 8601
    "20250602T120000Z": "2025-06-02 12:00:00",
    "20250602t120000z": "2025-06-02 12:00:00",
    "20250602T1200Z": "2025-06-02 12:00:00",
    "20250602T120000": "2025-06-02 12:00:00",
    "20250602T120000.1234567+0200": "2025-06-02 10:00:00.123456",
    "20250602T120000,5\u221202": "2025-06-02 14:00:00.5",
    "20250602T120000 UTC": "2025-06-02 12:00:00",
    "20250230T120000Z": None,
    "20250602T240000Z": None,
    "20250602T120060Z": None,
    "20250602T12Z": None,
    "20250602T1200.5Z": None,
    "20250602 120000Z": None,
    "2025-0602T120000Z": None,
    # RFC 2822
    "Mon, 02 Jun 2025 12:00:00 GMT": "2025-06-02 12:00:00",
    "Mon, 2 Jun 2025 12:00:00 +0200": "2025-06-02 10:00:00",
    "mon, 02 jun 2025 12:00:00 UT": "2025-06-02 12:00:00",
    "02 Jun 2025 12:00 -0530": "2025-06-02 17:30:00",
    "Mon,  2 Jun 2025 12:00 UTC": "2025-06-02 12:00:00",
    "Mon, 02 Jun 2025 12:00:00 +0000 (UTC)": "2025-06-02 12:00:00",
    "Mon, 02 Jun 2025 12:00:00 -0000": "2025-06-02 12:00:00",
    "Mon, 02 Jun 2025 12:00:00": None,
    "Mon, 02 Jun 2025 12:00:00 EST": None,
    "Mon, 02 Jun 2025 12:00:00 XYZ": None,
    "Tue, 02 Jun 2025 12:00:00 GMT": None,  # wrong weekday: it was a Monday
    "Mon, 02 Juin 2025 12:00:00 GMT": None,
    "Mon, 30 Feb 2025 12:00:00 GMT": None,
    "Mon, 02 Jun 25 12:00:00 GMT": None,
    "Mon, 02 Jun 2025 12:00:60 GMT": None,
    "Mon, 02 Jun 2025 24:00:00 GMT": None,
    "Mon, 02 Jun 2025 12:00:00 +9900": None,
    "Mon, 02 \u017fep 2025 12:00:00 GMT": None,  # a long s, which is not an s
    # Apache, JavaScript's Date, Twitter
    "02/Jun/2025:12:00:00 +0200": "2025-06-02 10:00:00",
    "02/Jun/2025:12:00:00": None,
    "02/06/2025:12:00:00 +0200": None,
    "Mon Jun 02 2025 12:00:00 GMT+0200 (Central European Summer Time)": "2025-06-02 10:00:00",
    "Mon Jun 02 2025 12:00:00 GMT-0500": "2025-06-02 17:00:00",
    "Mon Jun 02 12:00:00 +0200 2025": "2025-06-02 10:00:00",
    "Mon Jun 02 12:00:00 2025": None,
    # .NET
    "/Date(1748865600123)/": "2025-06-02 12:00:00.123",
    "/Date(1748865600123+0200)/": "2025-06-02 12:00:00.123",
    "/Date(1748865600-0530)/": "1970-01-21 05:47:45.6",
    "/Date(-1)/": "1969-12-31 23:59:59.999",
    "/Date(2024010510)/": "1970-01-24 10:13:30.51",
    "/Date(1.5)/": None,
    "/Date()/": None,
    "Date(1748865600123)": None,
}


def find_problem(text: str) -> Problem:
    (problem,) = quarantine(text).problems
    return problem


@pytest.mark.parametrize("text", FORMS)
def test_a_built_in_time_form_is_read(text: str) -> None:
    assert read_time(text) == micros(FORMS[text])


# Times by product, from bug reports about loaders that read them wrongly.
TEN_O_CLOCK = "2024-01-05 10:00:00"
FOUND = {
    "2024-01-05 10:00:00 UTC": TEN_O_CLOCK,
    "2024-01-05 10:00:00.123456 UTC": f"{TEN_O_CLOCK}.123456",
    "1704448800123456789": f"{TEN_O_CLOCK}.123456",
    "/Date(1704448800000)/": TEN_O_CLOCK,
    "/Date(1704448800000+0100)/": TEN_O_CLOCK,
    "05/Jan/2024:10:00:00 +0000": TEN_O_CLOCK,
    "Fri, 05 Jan 2024 10:00:00 GMT": TEN_O_CLOCK,
    "2024-01-05T10:00:00+0530": "2024-01-05 04:30:00",
    "2024-01-05T11:00:00+01:00[Europe/Paris]": TEN_O_CLOCK,
    "20240105T100000Z": TEN_O_CLOCK,
    "2024-W01-5T10:00:00Z": None,
    "2024-005T10:00:00Z": None,
    "2016-12-31T23:59:60Z": None,
    "2024-01-05T10:00:00,123Z": f"{TEN_O_CLOCK}.123",
    "2024-01-05T10:00:00.123456789Z": f"{TEN_O_CLOCK}.123456",
    "1.7044488e9": TEN_O_CLOCK,
    "1704448800.5": f"{TEN_O_CLOCK}.5",
    "2024-01-05T10:00:00 Z": TEN_O_CLOCK,
    "20240105100000": "2611-05-21 11:25:00",
    "2024-01-05T24:00:00Z": None,
    "2024-01-05T10:00Z": TEN_O_CLOCK,
    "2024-01-05T10Z": None,
    "2024-01-05T05:00:00\u221205:00": TEN_O_CLOCK,
    "2024-01-05T02:00:00 PST": None,
    "1/5/2024 10:00:00 AM": None,
    "2024-1-5 10:00:00": None,
    "2024-01-05T11:00:00+01": TEN_O_CLOCK,
    "2024-01-05T10:00:00.123+0000": f"{TEN_O_CLOCK}.123",
    "2024-01-05 10:00:00 +0000 UTC": TEN_O_CLOCK,
    "2024-01-05 10:00:00.123456789 +0000 UTC m=+0.000012": f"{TEN_O_CLOCK}.123456",
    "Fri Jan 05 2024 10:00:00 GMT+0000 (Coordinated Universal Time)": TEN_O_CLOCK,
    "Fri Jan 05 10:00:00 +0000 2024": TEN_O_CLOCK,
    "1704448800123.0": f"{TEN_O_CLOCK}.123",
    "1704448800123456800": f"{TEN_O_CLOCK}.123456",
    "133489224000000000": "1974-03-26 00:20:24",
    "13348922400000000": "2393-01-04 10:00:00",
    "2024-01-05 10:00:00 GMT": TEN_O_CLOCK,
    "2024-01-05T10:00:00+00:00Z": None,
    "2024-01-05T10:00:00.000000+05:30": "2024-01-05 04:30:00",
    "2024-01-05T10:00:00.5+14:00": "2024-01-04 20:00:00.5",
    "2024-01-05T10:00:00-00:00": TEN_O_CLOCK,
    "2024-01-05T10:00:00 +01:00": "2024-01-05 09:00:00",
    "1704448800123456": f"{TEN_O_CLOCK}.123456",
    "2024-01-05T10:00:00+05:45:00": None,
    "+2024-01-05T10:00:00Z": None,
    "2024-01-05T10:00:00.1234567Z": f"{TEN_O_CLOCK}.123456",
    "2024-01-05 10:00:00-08": "2024-01-05 18:00:00",
    "17044488001": "2510-02-13 04:00:01",
    "1704448800123.75": f"{TEN_O_CLOCK}.12375",
}


@pytest.mark.parametrize("text", FOUND)
def test_time_of_a_product(text: str) -> None:
    assert read_time(text) == micros(FOUND[text])


@pytest.mark.parametrize(
    "written",
    ["2024010510", '"2024010510"', "2024010511", '"2024010511.0"', "2024010510300012", "2000010100", "2099123123"],
)
def test_digits_of_a_date_are_no_epoch(written: str) -> None:
    problem = find_problem(record_json(timestamp=None)[:-1] + f',"timestamp":{written}}}')
    assert problem.reason == "bad_timestamp"
    assert problem.expected == (
        "a time of one meaning: these digits can be a date or an epoch, and time_formats of the mapping says which"
    )


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024010524", "2034-02-20 01:08:44"),  # no such hour
        ("2024130110", "2034-02-21 10:21:50"),  # no such month
        ("2024010510.5", "2034-02-20 01:08:30.5"),  # a date has no fraction of an hour
        ("1999123123", "2033-05-07 23:58:43"),
        ("2100010100", "2036-07-18 16:08:20"),
        ("2024010510600012", "2034-02-20 01:08:30.600012"),  # no such minute
        ("2024010510123", "2034-02-20 01:08:30.123"),
        ("20240105", "1970-08-23 06:15:05"),
    ],
)
def test_digits_of_no_date_are_an_epoch(text: str, instant: str) -> None:
    assert read_time(text) == micros(instant)


@pytest.mark.parametrize(
    ("timestamp", "unit"),
    [
        (20240105, "seconds"),
        (20240105100000, "milliseconds"),
        ("13348922400000000", "microseconds"),
        (133489224000000000, "nanoseconds"),
        ("/Date(0)/", "milliseconds"),
    ],
)
def test_a_number_out_of_range_is_reported_with_its_unit(timestamp: object, unit: str) -> None:
    problem = find_problem(record_json(timestamp=timestamp))
    assert problem.reason == "timestamp_out_of_range"
    assert problem.expected == (
        f"from 2000-01-01T00:00:00+00:00 to 2100-01-01T00:00:00+00:00; the number was read as {unit} since 1970"
    )


def test_a_date_out_of_range_has_no_unit() -> None:
    problem = find_problem(record_json(timestamp="1999-01-01T00:00:00Z"))
    assert problem.expected == "from 2000-01-01T00:00:00+00:00 to 2100-01-01T00:00:00+00:00"


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), st.integers(-18 * 60, 18 * 60))
def test_every_form_of_an_instant_is_that_instant(utc: datetime, offset: int) -> None:
    instant = to_micros(utc.replace(tzinfo=UTC))
    local = utc + timedelta(minutes=offset)
    sign, hours, minutes = "-" if offset < 0 else "+", *divmod(abs(offset), 60)
    day, clock, fraction = f"{local:%m-%d}", f"{local:%H:%M:%S}", f"{local:%f}"
    long, short = f"{sign}{hours:02}:{minutes:02}", f"{sign}{hours:02}{minutes:02}"
    exact = [
        f"{local.year:04}-{day}T{clock}.{fraction}{long}",
        f"{local.year:04}-{day} {clock}.{fraction}999 {short} CET m=+0.1",
        f"{local.year:04}-{day}T{clock}.{fraction}{long.replace('-', chr(0x2212))}[Somewhere/Else]",
        f"{local.year:04}{day}T{clock},{fraction}{short}".replace("-", "", 1).replace(":", ""),
        f"{utc.year:04}-{utc:%m-%d %H:%M:%S.%f} UTC",
    ]
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][local.month - 1]
    weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][local.weekday()]
    cut = [
        f"{weekday}, {local.day:02} {month} {local.year:04} {clock} {short}",
        f"{local.day:02}/{month}/{local.year:04}:{clock} {short}",
        f"{weekday} {month} {local.day:02} {local.year:04} {clock} GMT{short} (Somewhere)",
        f"{weekday} {month} {local.day:02} {clock} {short} {local.year:04}",
    ]
    assert {text: read_time(text) for text in exact} == dict.fromkeys(exact, instant)
    whole_seconds = instant // 10**6 * 10**6
    assert {text: read_time(text) for text in cut} == dict.fromkeys(cut, whole_seconds)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2033, 5, 18)), st.integers(0, 999))
def test_the_size_of_an_epoch_number_determines_its_unit(utc: datetime, nanoseconds: int) -> None:
    instant = to_micros(utc.replace(tzinfo=UTC))
    texts = [
        f"{instant // 10**6}.{instant % 10**6:06}{nanoseconds:03}",
        f"{instant // 1000}.{instant % 1000:03}{nanoseconds:03}",
        f"{instant}",
        f"{instant}.{nanoseconds:03}",
        f"{instant}{nanoseconds:03}",
    ]
    assert {text: read_time(text) for text in texts} == dict.fromkeys(texts, instant)
    assert read_time(f"/Date({instant // 1000})/") == instant // 1000 * 1000


@given(st.text(st.sampled_from("0123456789TZ:.,+- /()[]DateJnUTCGMmW=%\u2212\u0663"), max_size=40))
def test_any_text_is_a_time_or_none(text: str) -> None:
    reader = TimeReader("Europe/Berlin", ("local_epoch_ms", "%Y%m%d%H%M%S%f", "%d.%m.%y %I:%M %p"))
    try:
        assert isinstance(reader.read(text).micros, int)
    except NoTimeError as error:
        assert error.expected
