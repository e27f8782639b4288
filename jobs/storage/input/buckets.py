"""Reads buckets of S3 as a file system."""

import errno
import re
from collections.abc import Collection, Iterator
from urllib.parse import quote, urlsplit

from pyarrow import ArrowException
from pyarrow.fs import FileInfo, FileSelector, FileType

from jobs.records.files.open_file import connect_bucket, decode, open_file
from jobs.storage.errors import UsageError
from jobs.storage.input.file_systems import OWN, InputFile, instant, is_in_folders


class S3Files:
    """The objects of buckets. pyarrow reads them, with the credentials that AWS's own tools would use."""

    def walk(self, folder: str, own: Collection[str] = ()) -> Iterator[tuple[str, InputFile | str]]:
        bucket, root = _split_s3(folder)
        try:
            found = connect_bucket(bucket).get_file_info(FileSelector(root, recursive=True))
        except FileNotFoundError as error:
            raise UsageError(f"input folder {folder}: there is nothing below it; name a bucket and a prefix") from error
        except (OSError, ArrowException) as error:
            raise UsageError(
                f"input folder {folder}: can't be listed ({_say_briefly(error)}); check the bucket's name, its region"
                " and the credentials, which are taken as AWS's own tools take them"
            ) from error
        for info in found:
            if info.type == FileType.File:
                name = info.path.removeprefix(f"{root}/")
                yield name, OWN if is_in_folders(name, own) else _read_info(info)

    def qualify(self, uri: str) -> str:
        return _name_object(_split_s3(uri)[1])

    def list_names(self, folder: str) -> list[str]:
        bucket, path = _split_s3(folder)
        found = connect_bucket(bucket).get_file_info(FileSelector(path, allow_not_found=True))
        return [info.base_name for info in found]

    def stat(self, uri: str) -> InputFile:
        bucket, path = _split_s3(uri)
        try:
            info = connect_bucket(bucket).get_file_info(path)
        except ArrowException as error:
            raise OSError(errno.EIO, _say_briefly(error)) from error
        if info.type != FileType.File:
            raise FileNotFoundError(errno.ENOENT, "no such object", uri)
        return _read_info(info)

    def read_head(self, uri: str, size: int) -> bytes:
        with open_file(uri) as stream:
            return stream.read(size)


def _split_s3(uri: str) -> tuple[str, str]:
    """Return the bucket, and the path of bucket and key as pyarrow writes it."""
    parts = urlsplit(uri)
    return parts.netloc, (parts.netloc + decode(parts.path)).rstrip("/")


def _name_object(path: str) -> str:
    """Write the URI of a bucket and key as Java would, since the ledger has such URIs of runs that used Hadoop."""
    return "s3://" + quote(path, safe="/-_.!~*'():@&=+$,;")


def _read_info(info: FileInfo) -> InputFile:
    # S3 knows whole seconds only. Other stores may list fractions, but show none for a single object, so we cut them.
    return InputFile(_name_object(info.path), info.size, instant(info.mtime_ns // 10**9 * 10**6))


def _say_briefly(error: Exception) -> str:
    """Return the first line of an error of AWS, without the number of the request."""
    return re.sub(r" \(Request ID: [^)]*\)?", "", str(error).strip().partition("\n")[0])[:300]
