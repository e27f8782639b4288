"""Errors are described in one line."""

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from jobs.storage.errors import describe


def test_an_error_is_its_kind_and_first_line() -> None:
    assert describe(ValueError("no\nmore")) == "ValueError: no"
    assert describe(KeyError()) == "KeyError: "
    assert len(describe(ValueError("x" * 1000))) == 300


def test_an_error_of_java_is_reported_in_its_own_words(spark: SparkSession) -> None:
    with pytest.raises(Exception, match="An error occurred") as caught:
        spark._jvm.java.net.URI("a b")
    assert describe(caught.value) == "java.net.URISyntaxException: Illegal character in path at index 1: a b"
    with pytest.raises(AnalysisException) as analysed:
        spark.sql("select nothing")
    assert describe(analysed.value).startswith("AnalysisException: [UNRESOLVED_COLUMN")
