"""Lists and opens files: on this machine, in a bucket of S3, or behind a URI that Hadoop knows (hdfs:, abfs:)."""

import errno
import os
import re
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from os import fsencode
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]

from jobs.records.files.open_file import decode, open_file
from jobs.storage.errors import UsageError, describe
from jobs.storage.process.spark_session import start_spark

# The reason to skip what this tool itself writes.
OWN = "written by this tool"


@dataclass(frozen=True)
class InputFile:
    """One file as it was at one moment.

    `uri` is absolute and percent-encoded. `modified_at` is in UTC and cut to microseconds.
    """

    uri: str
    size_bytes: int
    modified_at: datetime

    @property
    def place(self) -> str:
        """The URI as Hadoop and Spark write it."""
        return spell_for_hadoop(self.uri)


def spell_for_hadoop(uri: str) -> str:
    """Write the URI without percent-encoding, as Hadoop and Spark do: `file:/tmp/a b` for `file:///tmp/a%20b`."""
    return decode(uri).replace("file:///", "file:/", 1)


class FileSystem(Protocol):
    """What the pipeline needs from a file system."""

    def walk(self, folder: str, own: Collection[str] = ()) -> Iterator[tuple[str, InputFile | str]]:
        """Yield (path below `folder`, the file or the reason to skip it) for everything below `folder`.

        `own` are paths below `folder` that this tool writes; everything there is skipped. Raises UsageError if the
        folder can't be listed.
        """

    def qualify(self, uri: str) -> str:
        """Return the one URI of a place, with links resolved."""

    def list_names(self, folder: str) -> list[str]:
        """Return the names in the folder itself, or none if there is no such folder. Raises OSError."""

    def stat(self, uri: str) -> InputFile:
        """Return the file as it is now. Raises OSError if it is gone or no file."""

    def read_head(self, uri: str, size: int) -> bytes:
        """Read the first `size` bytes. Raises OSError."""


def file_system_of(uri: str) -> FileSystem:
    """Return the file system of `uri`. For schemes other than file: and s3: this starts Spark, and uses its Hadoop."""
    match urlsplit(uri).scheme:
        case "file":
            return LocalFiles()
        case "s3":
            from jobs.storage.input.buckets import S3Files  # noqa: PLC0415  (buckets.py imports this module)

            return S3Files()
    return _hadoop_files()


def name_below(folder: str, place: str) -> str | None:
    """Return the path of `place` below `folder`.

    It is blank if `place` is `folder` or contains it, and None if `place` is elsewhere.
    """
    if urlsplit(folder).scheme != urlsplit(place).scheme:
        return None
    files = file_system_of(folder)
    outer, inner = (PurePosixPath(decode(files.qualify(uri))) for uri in (folder, place))
    if outer.is_relative_to(inner):
        return ""
    return inner.relative_to(outer).as_posix() if inner.is_relative_to(outer) else None


def make_uri(place: str) -> str:
    """Return the absolute URI of a folder that is given as a path or a URI."""
    return place if "://" in place or place.startswith("file:") else Path(place).resolve().as_uri()


def make_input_uri(place: str) -> str:
    """Return the absolute URI of an input folder. Hadoop writes s3a: for s3:, but we read buckets without Hadoop."""
    return re.sub("^s3[an]:", "s3:", make_uri(place))


def show_name(uri: str) -> str:
    """Return the name of a file for people: the path of a local file, or the URI of another one.

    A terminal must not obey control characters in a name, so they are shown as escapes.
    """
    shown = decode(uri).removeprefix("file://")
    return "".join(mark if mark.isprintable() else repr(mark)[1:-1] for mark in shown)


def name_folder(folder: str) -> str:
    """Return the URI of a folder, spelt as in the URIs of the files below it, without a slash at its end."""
    uri = make_input_uri(folder)
    if urlsplit(uri).scheme == "file":
        return path_of(uri).as_uri().rstrip("/")
    return (file_system_of(uri).qualify(uri) if urlsplit(uri).scheme == "s3" else uri).rstrip("/")


def is_below(uri: str, folder: str) -> bool:
    """Return whether the file is somewhere below the folder, which is a path or a URI."""
    return uri.startswith(name_folder(folder) + "/")


def end_of_path(name: str) -> str:
    """Return the end of `'/' || file_path` for files called `name`: a path, a URI, or the last parts of either."""
    return "/" + (name if "://" in name else quote(fsencode(name))).removeprefix("/")


class LocalFiles:
    """The files of this machine."""

    def walk(self, folder: str, own: Collection[str] = ()) -> Iterator[tuple[str, InputFile | str]]:
        root = path_of(folder)
        if root.is_file():
            raise UsageError(f"input folder {root}: is a file; name the folder that it is in, {root.parent}")
        if not root.is_dir():
            raise UsageError(f"input folder {root}: there is no such folder; name the one that holds the event logs")
        for directory, folders, names in os.walk(root, onerror=_reject_folder):
            for path in (Path(directory, name) for name in [*folders]):
                if (name := path.relative_to(root).as_posix()) in own:
                    folders.remove(path.name)  # it is not listed, since a server's folder may be closed to us
                    yield name, OWN
                elif path.is_symlink():
                    # We follow no links: they could lead in circles, or to files that are found elsewhere too.
                    yield name, "linked folder"
            for path in (Path(directory, name) for name in names):
                name = path.relative_to(root).as_posix()
                try:
                    yield name, OWN if name in own else self.stat(path.as_uri())
                except OSError:
                    yield name, "gone or no file"

    def qualify(self, uri: str) -> str:
        return path_of(uri).resolve().as_uri()

    def list_names(self, folder: str) -> list[str]:
        path = path_of(folder)
        return [entry.name for entry in path.iterdir()] if path.is_dir() else []

    def stat(self, uri: str) -> InputFile:
        status = path_of(uri).stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe could block for ever
            raise OSError(errno.EINVAL, "not a regular file", uri)
        return InputFile(uri, status.st_size, instant(status.st_mtime_ns // 1000))

    def read_head(self, uri: str, size: int) -> bytes:
        with open_file(uri) as stream:
            return stream.read(size)


class HadoopFiles:
    """The files of every other scheme. The Hadoop inside Spark reads them, with the settings `spark.hadoop.*`."""

    def __init__(self, jvm: Any, configuration: Any) -> None:
        self._jvm, self._configuration = jvm, configuration

    def walk(self, folder: str, own: Collection[str] = ()) -> Iterator[tuple[str, InputFile | str]]:
        try:
            with _as_os_error():
                files, path = self._open(folder)
                if not files.getFileStatus(path).isDirectory():
                    raise UsageError(f"input folder {folder}: is a file; name the folder that it is in")
                root = files.makeQualified(path).toUri().toASCIIString().rstrip("/") + "/"
                statuses = files.listFiles(path, True)
                while statuses.hasNext():
                    file = _read_status(statuses.next())
                    name = decode(file.uri.removeprefix(root))
                    yield name, OWN if is_in_folders(name, own) else file
        except OSError as error:
            raise UsageError(
                f"input folder {folder}: can't be listed ({error.strerror}); check the URI, and that"
                " Spark has the packages for it (SPARK_ARGS='--packages ...')"
            ) from error

    def qualify(self, uri: str) -> str:
        with suppress(OSError), _as_os_error():  # whoever reads there reports the error
            files, path = self._open(uri)
            return str(files.makeQualified(path).toUri().toASCIIString())
        return uri

    def list_names(self, folder: str) -> list[str]:
        with _as_os_error():
            files, path = self._open(folder)
            return [status.getPath().getName() for status in files.listStatus(path)] if files.exists(path) else []

    def stat(self, uri: str) -> InputFile:
        with _as_os_error():
            files, path = self._open(uri)
            return _read_status(files.getFileStatus(path))

    def read_head(self, uri: str, size: int) -> bytes:
        with _as_os_error():
            files, path = self._open(uri)
            stream = files.open(path)
            try:
                return bytes(stream.readNBytes(size))
            finally:
                stream.close()

    def _open(self, uri: str) -> tuple[Any, Any]:
        path = self._jvm.org.apache.hadoop.fs.Path(self._jvm.java.net.URI(uri))
        return path.getFileSystem(self._configuration), path


@cache
def _hadoop_files() -> HadoopFiles:
    spark = start_spark("document-events")
    return HadoopFiles(spark._jvm, spark._jsc.hadoopConfiguration())


def _read_status(status: Any) -> InputFile:
    modified_at = instant(status.getModificationTime() * 1000)
    return InputFile(status.getPath().toUri().toASCIIString(), status.getLen(), modified_at)


def is_in_folders(name: str, folders: Collection[str]) -> bool:
    """Return whether a path is in one of the folders."""
    return any(PurePosixPath(name).is_relative_to(folder) for folder in folders)


def instant(microseconds: int) -> datetime:
    """Return the time that is so many microseconds after the epoch."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)


@contextmanager
def _as_os_error() -> Iterator[None]:
    """Raise OSError, with Java's message in one line, instead of an error of Java in the block."""
    try:
        yield
    except Py4JJavaError as error:
        raise OSError(errno.EIO, describe(error)) from error


def path_of(uri: str) -> Path:
    """Return the path of a `file:` URI."""
    return Path(decode(urlsplit(uri).path))


def _reject_folder(error: OSError) -> None:
    raise UsageError(f"input folder {error.filename}: can't be listed ({error.strerror}); fix its permissions")
