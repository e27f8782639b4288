"""Buckets on a real server of the S3 protocol: files are found, their format is detected, and ranges are read."""

import gzip
import json
import logging
import os
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer
from pyspark.sql import SparkSession

from jobs.records.files import open_file
from jobs.records.files.lines import Line
from jobs.records.files.splits import Split, SplitReader, cut_file
from jobs.records.read_splits import ReadRequest
from jobs.steps.read_files import read_new_content
from jobs.storage.errors import UsageError
from jobs.storage.input import spark_reader
from jobs.storage.input.buckets import S3Files
from jobs.storage.input.discovery import discover, sniff
from jobs.storage.input.file_systems import InputFile, is_below
from jobs.storage.runs.ledger import Reading
from tests.builders import LIMITS, default_source

INCLUDE = ("*.json", "*.gz")
LINES = b"".join(b'{"number": %d, "filling": "%s"}\n' % (n, b"x" * (n % 97)) for n in range(3000))


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """The URL of a server. The variables of AWS in the environment lead to it, as to any store."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    variables = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    variables |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
    open_file.connect_bucket.cache_clear()
    with patch.dict(os.environ, variables):
        yield url
    server.stop()


@pytest.fixture
def bucket(s3_server: str) -> Any:
    """An empty bucket."""
    open_file.connect_bucket.cache_clear()
    made = boto3.resource("s3", endpoint_url=s3_server).Bucket(f"events-{uuid4().hex}")
    made.create()
    return made


def put(bucket: Any, **contents: bytes) -> None:
    for key, content in contents.items():
        bucket.put_object(Key=key, Body=content)


def read(file: InputFile, split_bytes: int = 10**9) -> list[tuple[int, Line]]:
    whole = Split(1, file.uri, sniff(file), file.size_bytes)
    return [
        (split.number, (raw or b"", error))
        for split in cut_file(whole, split_bytes)
        for _, raw, error, *_ in SplitReader(split).read()
    ]


ODD_NAMES = ("a b", "[x]{y}*", "ü😀", "q?#x", "12:30:00", "a+b%20", "b\\c", "'q\"&$", "-x", "a=1,b;c@d!")


def test_any_key_is_found_under_its_name_and_read_once(bucket: Any) -> None:
    for number, name in enumerate(ODD_NAMES):
        put(bucket, **{f"in put/{name}.json": b'{"number": %d}\n' % number})
    files, skipped = discover(f"s3://{bucket.name}/in put", INCLUDE)
    assert skipped == []
    assert {open_file.decode(file.uri) for file in files} == {
        f"s3://{bucket.name}/in put/{name}.json" for name in ODD_NAMES
    }
    numbers = {json.loads(text)["number"] for file in files for _, (text, _) in read(file)}
    assert numbers == set(range(len(ODD_NAMES)))


def test_a_listing_and_a_single_file_give_the_same_details(bucket: Any) -> None:
    put(bucket, **{"in/a.json": b"{}"})
    ((file,), _) = discover(f"s3://{bucket.name}/in/", INCLUDE)
    assert S3Files().stat(file.uri) == file
    put(bucket, **{"in/a.json": b"{}\n{}"})
    assert S3Files().stat(file.uri) != file
    bucket.Object("in/a.json").delete()
    with pytest.raises(OSError, match="no such object"):
        S3Files().stat(file.uri)


def test_other_names_are_skipped_and_markers_of_folders_are_no_files(bucket: Any) -> None:
    put(bucket, **{"in/": b"", "in/_SUCCESS": b"", "in/.x/a.json": b"", "in/notes.txt": b"", "in/deep/a.json": b""})
    files, skipped = discover(f"s3://{bucket.name}/in", INCLUDE)
    assert [file.uri for file in files] == [f"s3://{bucket.name}/in/deep/a.json"]
    assert skipped == [(".x/a.json", "unfinished"), ("_SUCCESS", "unfinished"), ("notes.txt", "not included")]


def test_the_whole_bucket_may_be_the_folder_and_s3a_is_the_same_place(bucket: Any) -> None:
    put(bucket, **{"a.json": b"{}", "deep/b.json": b"{}"})
    assert discover(f"s3a://{bucket.name}", INCLUDE) == discover(f"s3://{bucket.name}/", INCLUDE)
    assert len(discover(f"s3a://{bucket.name}", INCLUDE)[0]) == 2


def test_folders_that_this_tool_writes_are_skipped_in_a_bucket_too(bucket: Any) -> None:
    put(bucket, **{"in/a.json": b"{}", "in/quarantine/run_id=1/b.json": b"{}", "in/quarantined/c.json": b"{}"})
    own = [f"s3a://{bucket.name}/in/quarantine/", f"s3://{bucket.name}/elsewhere", "/data"]
    files, skipped = discover(f"s3://{bucket.name}/in", INCLUDE, own)
    assert [file.uri[-6:] for file in files] == ["a.json", "c.json"]
    assert skipped == [("quarantine/run_id=1/b.json", "written by this tool")]
    with pytest.raises(UsageError, match="where this tool writes its own files"):
        discover(f"s3://{bucket.name}/in/quarantine/run_id=1", INCLUDE, own)
    assert is_below(files[0].uri, f"s3a://{bucket.name}/in/") and not is_below(files[0].uri, f"s3://{bucket.name}/i")


def test_ranges_of_an_object_give_its_lines(bucket: Any) -> None:
    put(bucket, **{"lines.json": LINES})
    ((file,), _) = discover(f"s3://{bucket.name}", INCLUDE)
    found = read(file, split_bytes=10_000)
    assert [text for _, (text, _) in found] == LINES.splitlines()
    assert len({number for number, _ in found}) == 4


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_arrays_and_gzip_are_read_from_beginning_to_end(bucket: Any, packed: bool) -> None:
    elements = LINES.splitlines() * 40
    array = b"[" + b",\n".join(elements) + b"]"
    put(bucket, **{"array.gz": gzip.compress(array, 1) if packed else array})
    ((file,), _) = discover(f"s3://{bucket.name}", INCLUDE)
    assert [text for _, (text, _) in read(file, split_bytes=10_000)] == elements


def test_a_key_that_can_not_be_opened_is_one_record_with_an_error(bucket: Any) -> None:
    put(bucket, **{"in//a.json": b"{}\n"})
    ((file,), _) = discover(f"s3://{bucket.name}/in", INCLUDE)
    ((_, (text, error)),) = read(file)
    assert (text, error) == (b"", "it can't be opened; fix its permissions or its name")


def test_a_missing_bucket_or_folder_is_rejected_in_one_line(bucket: Any) -> None:
    for uri, reason in (("s3://nowhere-at-all/in", "NO_SUCH_BUCKET"), (f"s3://{bucket.name}/in", "nothing below it")):
        with pytest.raises(UsageError, match=f"input folder {uri}: .*{reason}") as caught:
            discover(uri, INCLUDE)
        assert "\n" not in str(caught.value)


def test_denied_access_is_reported_in_one_line(bucket: Any, s3_server: str) -> None:
    def allow(requests: str) -> None:
        connection = HTTPConnection(s3_server.removeprefix("http://"))
        connection.request("POST", "/moto-api/reset-auth", requests, {"Content-Type": "text/plain"})
        assert connection.getresponse().status == 200
        connection.close()

    allow("0")
    try:
        with pytest.raises(UsageError, match=r"can't be listed \(.*(denied|DENIED|INVALID).*credentials") as caught:
            discover(f"s3://{bucket.name}", INCLUDE)
    finally:
        allow("inf")
    assert "\n" not in str(caught.value)


def test_sparks_workers_read_a_bucket(bucket: Any, spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    # The Spark session is older than the server, so it lacks these variables.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.setitem(spark.sparkContext.environment, name, os.environ[name])
    monkeypatch.setattr(spark_reader, "choose_split_bytes", lambda *_: 10_000)
    put(bucket, **{"in/lines.json": LINES, "in/[x] ü.gz": gzip.compress(b"[" + LINES.replace(b"\n", b",")[:-1] + b"]")})
    files = dict(enumerate(discover(f"s3a://{bucket.name}/in", INCLUDE)[0]))
    request = ReadRequest(dict.fromkeys(files, default_source()), LIMITS)
    readings = [Reading(file_id, file, default_source()) for file_id, file in files.items()]
    found = read_new_content(spark, readings, request)
    assert found.counts == {0: (3000, 0, 0), 1: (3000, 0, 0)}
    texts = [row.raw for row in found.quarantined.orderBy("file_id", "record_number").collect()]
    assert texts == LINES.decode().splitlines() * 2
