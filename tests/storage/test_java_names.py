"""Java names are looked up once, not for every column."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

DELETE = "m\nd\n"  # what Py4J sends when Python has forgotten an object


def test_a_column_is_made_by_one_call(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    F.upper(F.col("looked up before"))
    client = spark._jvm._gateway_client  # type: ignore[union-attr]
    sent, send = [], client.send_command
    monkeypatch.setattr(client, "send_command", lambda command: sent.append(command) or send(command))
    column = F.upper(F.col("b"))
    assert len([command for command in sent if not command.startswith(DELETE)]) == 2
    assert str(column) == "Column<'upper(b)'>"
