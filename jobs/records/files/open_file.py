"""Opens files for whoever reads records: on this machine, or in a bucket of S3."""

from functools import cache
from io import BufferedReader, FileIO
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from pyarrow import ArrowException
from pyarrow import fs as pyarrow_fs

# One request to the bucket for so many bytes.
_S3_BUFFER_BYTES = 8 * 1024**2


def decode(uri: str) -> str:
    """`uri` with nothing percent-encoded; bytes that are not UTF-8 become surrogates, as in Python's own paths."""
    return unquote(uri, errors="surrogateescape")


def is_local(uri: str) -> bool:
    """Whether the file is on this machine."""
    return urlsplit(uri).scheme == "file"


def can_open(uri: str) -> bool:
    """Whether `open_file` reads files of this scheme."""
    return urlsplit(uri).scheme in ("file", "s3")


def open_file(uri: str) -> BinaryIO:
    """The content of a file, named by its absolute URI, with `seek`. Raises OSError."""
    parts = urlsplit(uri)
    path = decode(parts.path)
    if parts.scheme == "file":
        return FileIO(path)
    try:
        return BufferedReader(connect_bucket(parts.netloc).open_input_file(parts.netloc + path), _S3_BUFFER_BYTES)
    except ArrowException as error:  # a key that pyarrow has no name for, such as one with two slashes in a row
        raise OSError(str(error)) from error


@cache
def connect_bucket(bucket: str) -> pyarrow_fs.FileSystem:
    """The file system of a bucket, in its region, by the credentials that AWS's own tools would find."""
    return pyarrow_fs.FileSystem.from_uri(f"s3://{bucket}")[0]
