"""Splits the content of one file into records: lines, arrays, printed or concatenated values, wrappers."""

from codecs import iterdecode
from collections.abc import Iterator
from functools import partial
from itertools import count, repeat

from jobs.records.files.content import Content
from jobs.records.files.formats import Format
from jobs.records.files.json_values import MAX_VALUE_CHARACTERS, Splitter, Value
from jobs.records.files.lines import KEPT_BYTES, LineRange, bound_record, split_lines
from jobs.records.files.nested_records import Nested, ValueOpener
from jobs.records.files.raw_record import RawRecord

# Makes a record of a tuple of its fields. Calling the class would take twice as long.
_make_record = partial(tuple.__new__, RawRecord)


def split_records(
    content: Content | LineRange, file_format: Format, opener: ValueOpener | None = None
) -> Iterator[RawRecord]:
    """Yields the records of one file or range. A blank line is a record too.

    Bytes that are not UTF-8 spoil only the record that they are in.
    Where the file can't be read on, the last record has an `error` that says why. With an `opener`, the records are
    those that it finds in each JSON value.
    """
    if file_format == "json_lines" and opener is None:
        return _number_lines(content)
    return _number_values(content, file_format, opener)


def _number_lines(content: Content | LineRange) -> Iterator[RawRecord]:
    """Yields each line as a record. Lines are not decoded, because nothing in them matters here."""
    number, unfinished = 1, None
    for lines in split_lines(content.chunks()):
        if lines.is_open and content.error:
            unfinished = lines.texts.pop()[:KEPT_BYTES]
        fields = count(number), lines.texts, repeat(lines.error), repeat(None), repeat(False), repeat(None)
        yield from map(_make_record, zip(*fields, strict=False))
        number += len(lines.texts)
    if content.error:
        yield RawRecord(number, unfinished, content.error)


def _number_values(
    content: Content | LineRange, file_format: Format, opener: ValueOpener | None
) -> Iterator[RawRecord]:
    number, unfinished = 1, None
    values = _scan_line_values(content.chunks()) if file_format == "json_lines" else _scan_values(content)
    for value, found in opener.open(values) if opener else ((value, Nested(value)) for value in values):
        text = found.value.text.encode("utf-8", "surrogateescape")
        if value.is_open and found.value.is_open and content.error:
            unfinished = text[:KEPT_BYTES]
            continue
        raw, error = bound_record(text)
        # A value that is ignored may be of any length.
        error = None if found.is_ignored else error
        yield RawRecord(number, raw, error, found.around, found.is_ignored, found.problem)
        number += 1
    if content.error:
        yield RawRecord(number, unfinished, content.error)


def _scan_line_values(chunks: Iterator[bytes]) -> Iterator[Value]:
    # A line holds a list of records here, so that the line may be longer than one record may be.
    for texts, _, is_open in split_lines(chunks, limit=MAX_VALUE_CHARACTERS):
        for place, line in enumerate(texts, start=1):
            yield Value(line.decode("utf-8", "surrogateescape"), is_open and place == len(texts))


def _scan_values(content: Content | LineRange) -> Iterator[Value]:
    splitter = Splitter(iterdecode(content.chunks(), "utf-8", "surrogateescape"))
    for value in splitter.split():
        if splitter.is_too_long and value.is_open:
            content.error = "a value without an end in 1 GiB; split the file, or write JSON Lines"
        yield value
