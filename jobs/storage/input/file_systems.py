"""Where files are: on this machine, in a bucket of S3, or behind any URI that Hadoop knows (hdfs:, abfs:, viewfs:)."""

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

# Why a place of this tool's own is skipped.
OWN = "written by this tool"


@dataclass(frozen=True)
class InputFile:
    """One reading of one file: `uri` is absolute and percent-encoded, `modified_at` is UTC and cut to microseconds."""

    uri: str
    size_bytes: int
    modified_at: datetime

    @property
    def place(self) -> str:
        """The URI as Hadoop and Spark write it."""
        return spell_for_hadoop(self.uri)


def spell_for_hadoop(uri: str) -> str:
    """The URI with nothing encoded, as Hadoop and Spark write a path (file:/tmp, where Python has file:///tmp)."""
    return decode(uri).replace("file:///", "file:/", 1)


class FileSystem(Protocol):
    """What the pipeline asks of the place where its input is."""

    def walk(self, folder: str, own: Collection[str] = ()) -> Iterator[tuple[str, InputFile | str]]:
        """(path below `folder`, the file, or why it is none) for everything below; UsageError where it can't.

        `own` are paths below `folder` which this tool writes: nothing there is a file to read.
        """

    def qualify(self, uri: str) -> str:
        """The one URI, without links, that a place has."""

    def list_names(self, folder: str) -> list[str]:
        """The names of what is in the folder itself; none where it is not there. Raises OSError."""

    def stat(self, uri: str) -> InputFile:
        """The reading of a file as it is now. Raises OSError where it is gone or no file."""

    def read_head(self, uri: str, size: int) -> bytes:
        """The first `size` bytes. Raises OSError."""


def file_system_of(uri: str) -> FileSystem:
    """The file system that `uri` is on. For other schemes than file: and s3: this starts Spark, and asks its Hadoop."""
    match urlsplit(uri).scheme:
        case "file":
            return LocalFiles()
        case "s3":
            from jobs.storage.input.buckets import S3Files  # noqa: PLC0415  (it needs what stands here)

            return S3Files()
    return _hadoop_files()


def name_below(folder: str, place: str) -> str | None:
    """The path below `folder` at which `place` is; blank where it is `folder` or holds it, None where neither."""
    if urlsplit(folder).scheme != urlsplit(place).scheme:
        return None
    files = file_system_of(folder)
    outer, inner = (PurePosixPath(decode(files.qualify(uri))) for uri in (folder, place))
    if outer.is_relative_to(inner):
        return ""
    return inner.relative_to(outer).as_posix() if inner.is_relative_to(outer) else None


def make_uri(place: str) -> str:
    """The absolute URI of a folder given as a path or as a URI."""
    return place if "://" in place or place.startswith("file:") else Path(place).resolve().as_uri()


def make_input_uri(place: str) -> str:
    """The absolute URI of an input folder. s3a: is Hadoop's word for s3:, and we read a bucket without Hadoop."""
    return re.sub("^s3[an]:", "s3:", make_uri(place))


def show_name(uri: str) -> str:
    """The path of a local file, or the URI of another one, for people; what a terminal would obey is spelt out."""
    shown = decode(uri).removeprefix("file://")
    return "".join(mark if mark.isprintable() else repr(mark)[1:-1] for mark in shown)


def name_folder(folder: str) -> str:
    """The URI of a folder, spelt as in the URIs of the files below it, without a slash at its end."""
    uri = make_input_uri(folder)
    if urlsplit(uri).scheme == "file":
        return path_of(uri).as_uri().rstrip("/")
    return (file_system_of(uri).qualify(uri) if urlsplit(uri).scheme == "s3" else uri).rstrip("/")


def is_below(uri: str, folder: str) -> bool:
    """Whether the file is somewhere below the folder, a path or a URI."""
    return uri.startswith(name_folder(folder) + "/")


def end_of_path(name: str) -> str:
    """The end of `'/' || file_path` of the files called `name`: a path, a URI, or the last parts of either."""
    return "/" + (name if "://" in name else quote(fsencode(name))).removeprefix("/")


class LocalFiles:
    """This machine's files."""

    def walk(self, folder: str, own: Collection[str] = ()) -> Iterator[tuple[str, InputFile | str]]:
        root = path_of(folder)
        if root.is_file():
            raise UsageError(f"input folder {root}: is a file; name the folder that it is in, {root.parent}")
        if not root.is_dir():
            raise UsageError(f"input folder {root}: there is no such folder; name the one that holds the event logs")
        for directory, folders, names in os.walk(root, onerror=_reject_folder):
            for path in (Path(directory, name) for name in [*folders]):
                if (name := path.relative_to(root).as_posix()) in own:
                    folders.remove(path.name)  # not even looked into: a server keeps its own closed
                    yield name, OWN
                elif path.is_symlink():
                    # Followed, a link could lead in circles, or to files that are found elsewhere too.
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
    """The files of every other scheme, through the Hadoop inside Spark and its settings (`spark.hadoop.*`)."""

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
        with suppress(OSError), _as_os_error():  # whoever reads there will say what is wrong
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
    """Whether a path lies in one of the folders."""
    return any(PurePosixPath(name).is_relative_to(folder) for folder in folders)


def instant(microseconds: int) -> datetime:
    """The time so many microseconds after the epoch."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)


@contextmanager
def _as_os_error() -> Iterator[None]:
    """What Java raises as an OSError with Java's own words in one line."""
    try:
        yield
    except Py4JJavaError as error:
        raise OSError(errno.EIO, describe(error)) from error


def path_of(uri: str) -> Path:
    """The path of a `file:` URI."""
    return Path(decode(urlsplit(uri).path))


def _reject_folder(error: OSError) -> None:
    raise UsageError(f"input folder {error.filename}: can't be listed ({error.strerror}); fix its permissions")
