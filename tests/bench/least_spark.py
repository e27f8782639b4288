"""The least that a Spark job can do: its session starts, counts one row and stops."""

from pyspark.sql import SparkSession

if __name__ == "__main__":
    session = SparkSession.builder.appName("least").getOrCreate()
    session.range(1).count()
    session.stop()
