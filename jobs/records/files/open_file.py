"""Opens input files: on this machine, or in a bucket of S3."""

from functools import cache
from io import BufferedReader, FileIO
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from pyarrow import ArrowException
from pyarrow import fs as pyarrow_fs

# How many bytes one request to the bucket asks for.
_S3_BUFFER_BYTES = 8 * 1024**2


def decode(uri: str) -> str:
    """Returns `uri` without percent-encoding. Bytes that are not UTF-8 become surrogates, as in Python's own paths.

    >>> decode("file:///data/a%20b.jsonl")
    'file:///data/a b.jsonl'
    """
    return unquote(uri, errors="surrogateescape")


def is_local(uri: str) -> bool:
    """Whether the file is on this machine.

    >>> is_local("file:///data/a.jsonl"), is_local("s3://bucket/a.jsonl")
    (True, False)
    """
    return urlsplit(uri).scheme == "file"


def can_open(uri: str) -> bool:
    """Whether `open_file` reads files of this scheme."""
    return urlsplit(uri).scheme in ("file", "s3")


def open_file(uri: str) -> BinaryIO:
    """Opens the file at an absolute URI. The result can seek. Raises OSError."""
    parts = urlsplit(uri)
    path = decode(parts.path)
    if parts.scheme == "file":
        return FileIO(path)
    try:
        return BufferedReader(connect_bucket(parts.netloc).open_input_file(parts.netloc + path), _S3_BUFFER_BYTES)
    except ArrowException as error:  # pyarrow rejects some keys, such as one with two slashes in a row
        raise OSError(str(error)) from error


@cache
def connect_bucket(bucket: str) -> pyarrow_fs.FileSystem:
    """Connects to a bucket in its region, with the credentials that AWS's own tools would find."""
    return pyarrow_fs.FileSystem.from_uri(f"s3://{bucket}")[0]
