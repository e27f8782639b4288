"""The fingerprint of a record: what it says, and not how."""

import json

from pyspark.sql import SparkSession

from tests.transforms.test_validate import edit, judge_texts

SAME = {
    "key order and white space": json.dumps(dict(reversed(json.loads(edit(device="a")).items())), indent=None),
    "another spelling of the instant": edit(device="a", timestamp="2025-06-02T14:00:00.000+02:00"),
    "unmapped fields": edit(device="a", trace="x"),
    "another id": edit(device="a", event_id="e2"),
}
OTHER = {
    "another value": edit(device="b"),
    "an empty content": edit(device="a", content=""),
    "a value in another field": edit(permission="a"),
    "no value": edit(),
    "a microsecond": edit(device="a", timestamp="2025-06-02T12:00:00.000001Z"),
}


def test_fingerprint_depends_on_what_is_said_and_not_on_how(spark: SparkSession) -> None:
    first, *rows = judge_texts(spark, edit(device="a"), *SAME.values(), *OTHER.values())
    same = {
        name: row.content_fingerprint == first.content_fingerprint
        for name, row in zip([*SAME, *OTHER], rows, strict=True)
    }
    assert same == {**dict.fromkeys(SAME, True), **dict.fromkeys(OTHER, False)}
