"""What is blank, and what is a word."""

import pytest
from jobs.transforms.text import count_words, is_filled, strip
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

WORDS = {
    None: None,
    "": 0,
    " \t\n ": 0,
    "...": 0,
    "one": 1,
    "three   plain  words": 3,
    "don't stop": 2,
    "don\u2019t stop": 2,
    "well-known fact": 2,
    "'quoted'": 1,
    "dash - between": 2,
    "snake_case": 2,
    "3 of 10": 3,
    "3.14": 2,
    "re\u0301sume\u0301": 1,
    "\u0939\u093f\u0928\u094d\u0926\u0940": 1,
    "\u65e5\u672c\u8a9e": 3,
    "\u65e5\u672cabc": 3,
    "\u30b3\u30fc\u30d2\u30fc": 4,
    "\ud55c\uad6d\uc5b4 \ub9d0": 2,
    "\u0440\u0443\u0441\u0441\u043a\u0438\u0439 \u0442\u0435\u043a\u0441\u0442": 2,
    "\U00020000\U00020001": 2,
    "\U0001f600 smile": 1,
}


@pytest.fixture(scope="module")
def counts(spark: SparkSession) -> dict[str | None, int | None]:
    frame = spark.createDataFrame([(text,) for text in WORDS], "text string")
    return {row.text: row.words for row in frame.select("text", count_words(F.col("text")).alias("words")).collect()}


@pytest.mark.parametrize("text", WORDS)
def test_words_of(counts: dict[str | None, int | None], text: str | None) -> None:
    assert counts[text] == WORDS[text]


def test_strip_agrees_with_python_for_every_white_space_character(spark: SparkSession) -> None:
    spaces = [chr(point) for point in range(0x10000) if chr(point).isspace()]
    frame = spark.createDataFrame([(f"{space}x{space}y{space}",) for space in spaces], "text string")
    found = {row.text: row.stripped for row in frame.select("text", strip(F.col("text")).alias("stripped")).collect()}
    assert found == {text: text.strip() for text in found}
    assert len(found) == len(spaces) > 20


def test_every_white_space_character_alone_is_blank(spark: SparkSession) -> None:
    texts = [chr(point) for point in range(1, 0x3100) if not 0xD800 <= point < 0xE000] + ["", "  x ", " \u3000"]
    frame = spark.createDataFrame([(text,) for text in texts], "text string")
    found = {row.text: row.filled for row in frame.select("text", is_filled(F.col("text")).alias("filled")).collect()}
    assert found == {text: text.strip() != "" for text in texts}
