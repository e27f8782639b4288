"""The smallest Spark job: it starts a session, counts one row and stops."""

from pyspark.sql import SparkSession

if __name__ == "__main__":
    session = SparkSession.builder.appName("least").getOrCreate()
    session.range(1).count()
    session.stop()
