"""What is asked of the session's Java."""

from dataclasses import replace

import pytest
from pyspark.sql import SparkSession

from jobs.storage.errors import UsageError
from jobs.storage.spark import refuse_unknown_zone
from tests.builders import default_source


def test_a_zone_that_this_java_does_not_know_is_refused(spark: SparkSession) -> None:
    refuse_unknown_zone(spark, replace(default_source(), default_time_zone="Europe/Berlin"))
    with pytest.raises(UsageError, match="default_time_zone is Europe/Atlantis, which this Java does not know"):
        refuse_unknown_zone(spark, replace(default_source(), default_time_zone="Europe/Atlantis"))
