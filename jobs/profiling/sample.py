"""Reads the JSON values in a sample of a folder's files."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from jobs.profiling.cut_json import close_json
from jobs.records.files.content import Content
from jobs.records.files.formats import Sniffed
from jobs.records.files.lines import LineRange
from jobs.records.files.open_file import can_open, open_file
from jobs.records.files.split_records import split_records
from jobs.records.values.strict_json import decode
from jobs.storage.errors import UsageError
from jobs.storage.input.discovery import discover, no_files_found, sniff
from jobs.storage.input.file_systems import InputFile, make_input_uri

_MAX_FILES = 50
_KIB = 1024
_SAMPLE_BYTES = 12 * _KIB**2
_LEAST_FILE_BYTES, _MOST_FILE_BYTES = 256 * _KIB, 4 * _KIB**2
# A long file of lines is read at several places, since a log changes over time.
_RANGES = 4
_MAX_VALUES = 40_000

_FORMAT_NAMES = {"json_lines": "JSON Lines", "json_values": "JSON values"}


@dataclass
class Sample:
    """The values of a sample, and how much was read.

    `formats` counts the files by the name of their format, and `unreadable` the files that could not be read.
    `quarantined` counts records that a load would quarantine, because they are not JSON objects. `is_whole` says that
    nothing was left out.
    """

    files: int
    read_files: int = 0
    read_bytes: int = 0
    is_whole: bool = True
    values: list[Any] = field(default_factory=list)
    formats: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0
    quarantined: int = 0


def take_sample(folder: str, include: tuple[str, ...], own: list[str]) -> Sample:
    """Reads parts of some files, which are spread over the folder.

    Raises UsageError where there is no such folder, or no file in it that could be read.
    """
    if not can_open(make_input_uri(folder)):
        scheme = urlsplit(folder).scheme
        raise UsageError(
            f"input folder {folder}: fields can be found on this machine and in s3: only, not in {scheme}:"
        )
    files, skipped = discover(folder, include, own)
    if not files:
        raise no_files_found(folder, skipped)
    chosen = _spread(files, _MAX_FILES)
    share = max(_LEAST_FILE_BYTES, min(_MOST_FILE_BYTES, _SAMPLE_BYTES // len(chosen)))
    sample = Sample(len(files), is_whole=len(chosen) == len(files))
    most_values = max(1, _MAX_VALUES // len(chosen))
    for file in chosen:
        try:
            _read_file(sample, file, share, most_values)
        except OSError:
            sample.unreadable += 1
    return sample


def _spread(files: list[InputFile], count: int) -> list[InputFile]:
    """Cuts the list into `count` parts and takes the largest file of each, because an empty file shows nothing."""
    if len(files) <= count:
        return files
    borders = [len(files) * place // count for place in range(count + 1)]
    return [max(files[start:end], key=lambda file: file.size_bytes) for start, end in pairwise(borders)]


def _read_file(sample: Sample, file: InputFile, share: int, most_values: int) -> None:
    sniffed = sniff(file)
    if sniffed.format == "unreadable":
        sample.unreadable += 1
        return
    sample.read_files += 1
    with open_file(file.uri) as stream:
        if sniffed.format == "json_lines" and sniffed.is_plain and file.size_bytes > share:
            sample.is_whole = False
            pieces = _read_ranges(stream, file.size_bytes, share // _RANGES)
        else:
            text, is_cut = _read_head(stream, share)
            sample.is_whole = sample.is_whole and not is_cut
            pieces = iter([(text, is_cut)])
        values: list[Any] = []
        for text, is_cut in pieces:
            sample.read_bytes += len(text)
            values += _read_values(sample, text, sniffed, is_cut)
    if file.size_bytes:
        sample.formats[_FORMAT_NAMES[sniffed.format] + ("" if sniffed.is_plain else ", packed or in UTF-16")] += 1
    if len(values) > most_values:
        sample.is_whole = False
        values = values[:: -(-len(values) // most_values)]
    sample.values += values


def _read_ranges(stream: BinaryIO, size: int, length: int) -> Iterator[tuple[bytes, bool]]:
    """Yields lines at several places of a file, and whether the last line may be cut."""
    for place in range(_RANGES):
        start = (size - length) * place // (_RANGES - 1)
        end = start + length
        yield b"".join(LineRange(stream, start, end, min(size, end)).chunks()), end < size


def _read_head(stream: BinaryIO, length: int) -> tuple[bytes, bool]:
    """Returns the first bytes, unpacked and in UTF-8, and whether there are more."""
    content, head = Content(stream), bytearray()
    for chunk in content.chunks():
        head += chunk
        if len(head) > length:
            return bytes(head[:length]), True
    return bytes(head), content.error is not None


def _read_values(sample: Sample, text: bytes, sniffed: Sniffed, is_cut: bool) -> list[Any]:
    """Returns the objects and lists in a text. The last one may be cut."""
    if is_cut and sniffed.format == "json_values":
        text = _close(text) or text
    values, last_is_broken = [], False
    for _, raw, *_ in split_records(Content(BytesIO(text)), sniffed.format):
        if not raw or not raw.strip():
            continue
        value = _decode(raw)
        last_is_broken = value is None
        if value is None:
            sample.quarantined += 1
        elif type(value) is dict or (type(value) is list and sniffed.format == "json_lines"):
            values.append(value)
        else:
            sample.quarantined += 1
    if is_cut and last_is_broken:
        sample.quarantined -= 1
        if not values and (closed := _close(text)):
            values = [value for value in [_decode(closed)] if type(value) is dict]
    return values


def _decode(raw: bytes) -> Any:
    """Returns the JSON value; None where the text is not JSON."""
    try:
        return decode(raw)
    except (ValueError, RecursionError):
        return None


def _close(text: bytes) -> bytes | None:
    closed = close_json(text.decode("utf-8", "surrogateescape"))
    return closed.encode("utf-8", "surrogateescape") if closed is not None else None
