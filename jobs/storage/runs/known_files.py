"""Reads what the ledger knows of a file, and finds what is new in the file."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from jobs.storage.input.discovery import sniff
from jobs.storage.input.file_systems import InputFile
from jobs.storage.input.grown_files import continues_behind, digest_beginning, find_content_end
from jobs.storage.runs.mappings import Recorded


@dataclass(frozen=True)
class EarlierReading:
    """A reading of a file that still counts, current or former. `part_of` is the reading that began with the file.

    It has read the first `content_bytes` of the file, whose digest is `content_digest`. Both are None if not known.
    """

    file_id: int
    part_of: int
    is_current: bool
    is_replay: bool
    content_bytes: int | None
    content_digest: str | None


@dataclass(frozen=True)
class KnownFile:
    """A file as the latest of its current readings found it.

    `whole_id` is the reading that began with the first record. `records` counts the records of all current readings.
    The first `content_bytes` of the file have been read; this is None if the digest of these bytes is not known.
    `readings` are all readings of the file that still count.
    """

    whole_id: int
    file: InputFile
    format: str
    mapping: Recorded
    records: int
    content_bytes: int | None
    content_digest: str | None
    readings: list[EarlierReading]

    @property
    def has_open_line(self) -> bool:
        """Whether the file ended within an unfinished line, which was not read."""
        return self.content_bytes is not None and self.content_bytes < self.file.size_bytes


@dataclass(frozen=True)
class Continuation:
    """The new lines of a file that has grown.

    `records` records, which are the first `start` bytes, were read before; the new lines become a part of the reading
    `part_of`. The new lines end at the byte `end`, and `digest` is the digest of the file up to there.
    """

    part_of: int
    records: int
    start: int
    end: int
    digest: str | None


def read_known_files(cursor: Cursor, uris: Iterable[str] | None = None) -> dict[str, KnownFile]:
    """Read, by URI, the files that have a current reading. `uris` limits them to some."""
    chosen = {"all": uris is None, "uris": list(uris or ())}
    cursor.execute(
        "select file_path, file_id, coalesce(part_of_file_id, file_id), is_current, format = 'replay',"
        " content_bytes, content_digest from ops.ingested_files"
        " where read_again_as is null and (%(all)s or file_path = any(%(uris)s))",
        chosen,
    )
    readings: dict[str, list[EarlierReading]] = defaultdict(list)
    for uri, *reading in cursor.fetchall():
        readings[uri].append(EarlierReading(*reading))
    cursor.execute(
        "select distinct on (file_path) coalesce(part_of_file_id, file_id), file_path, size_bytes, modified_at,"
        " format, source, mapping_hash, sum(records) over (partition by file_path), content_bytes, content_digest"
        " from ops.ingested_files"
        " where is_current and format <> 'replay' and (%(all)s or file_path = any(%(uris)s))"
        " order by file_path, file_id desc",
        chosen,
    )
    return {
        uri: KnownFile(
            *(whole_id, InputFile(uri, size, modified_at), file_format, (name, hashed), int(records), content, digest),
            readings[uri],
        )
        for whole_id, uri, size, modified_at, file_format, name, hashed, records, content, digest in cursor.fetchall()
    }


def find_repeated_readings(known: KnownFile, file: InputFile) -> list[int]:
    """Return the ids of the earlier readings whose content the file still begins with.

    A whole reading and its parts together are one content, which several runs happened to read. So either all of them
    are repeated or none. A replay has read no content of its own, so it shares the result of its whole reading.
    """
    lengths = sorted({reading.content_bytes for reading in known.readings if reading.content_bytes is not None})
    digests = dict(zip(lengths, digest_beginning(file, *lengths), strict=True))

    def is_repeated(reading: EarlierReading) -> bool:
        if known.file == file and reading.is_current:
            return True
        digest = digests.get(reading.content_bytes) if reading.content_bytes is not None else None
        return digest is not None and digest == reading.content_digest

    lost = {reading.part_of for reading in known.readings if not reading.is_replay and not is_repeated(reading)}
    return sorted(reading.file_id for reading in known.readings if reading.part_of not in lost)


def find_continuation(known: KnownFile, file: InputFile) -> Continuation | None:
    """Find what has been added to the file. None if the file must be read as a whole.

    The addition may be empty. An unfinished last line is left for later. It is read if the file has not changed since
    the run before. Raises OSError.
    """
    start = known.content_bytes
    sniffed = sniff(file)
    if start is None or sniffed.format != "json_lines" or not sniffed.is_plain or file.size_bytes < start:
        return None
    end = file.size_bytes if known.file == file else max(start, find_content_end(file, sniffed))
    before, after = digest_beginning(file, start, end)
    if before is None or before != known.content_digest or not continues_behind(file, start):
        return None
    return Continuation(known.whole_id, known.records, start, end, after)


def has_same_content(known: KnownFile, file: InputFile) -> bool:
    """Return whether the file holds exactly what was read of it before, so that only its time is new."""
    return (
        known.content_digest is not None
        and file.size_bytes == known.content_bytes
        and digest_beginning(file, file.size_bytes) == [known.content_digest]
    )
