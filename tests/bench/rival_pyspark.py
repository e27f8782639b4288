"""A job as a tutorial would write it: inferred schema, dropDuplicates, JDBC with its defaults, keys at the end.

`spark-submit tests/bench/rival_pyspark.py FOLDER` loads the JSON Lines below the folder into the empty database of
DATABASE_URL. Its events must be valid for the keys, and it can't load a second time. It prints its stages as JSON.
"""

import json
import os
import sys
import time
from contextlib import closing

import psycopg2
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

from jobs.storage.database.postgres import jdbc_options

KEYS = """
alter table users add primary key (user_id);
alter table documents add primary key (document_id);
alter table sessions add primary key (session_id);
alter table events add primary key (event_id);
alter table sessions add foreign key (user_id) references users;
alter table events add foreign key (user_id) references users, add foreign key (session_id) references sessions,
add foreign key (document_id) references documents;
create index on events (user_id, event_at);
create index on events (document_id, event_at);
"""


def main(folder: str, url: str) -> None:
    seconds: dict[str, float] = {}
    started = time.monotonic()

    def mark(stage: str) -> None:
        seconds[stage] = round(time.monotonic() - started - sum(seconds.values()), 2)

    spark = SparkSession.builder.appName("tutorial").config("spark.sql.ansi.enabled", "false").getOrCreate()
    mark("start")
    read = spark.read.option("recursiveFileLookup", "true").option("pathGlobFilter", "*.jsonl").json(folder)
    # PostgreSQL can't store NUL in a text. With one, the job would fail after minutes.
    raw = read.select(*[F.translate(n, "\0", "").alias(n) if kind == "string" else F.col(n) for n, kind in read.dtypes])
    events = (
        raw.filter("event_id is not null and user_id is not null and event_type is not null")
        .withColumn("event_at", F.col("timestamp").cast("timestamp"))
        .filter("event_at between '2000-01-01' and current_timestamp() + interval 1 day")
        .dropDuplicates(["event_id"])
    )
    in_order = Window.partitionBy("user_id").orderBy("event_at")
    gap = F.col("event_at").cast("long") - F.lag("event_at").over(in_order).cast("long")
    opened = F.when(gap.isNull() | (gap > 1800), 1).otherwise(0)
    events = (
        events.withColumn("opened", opened)
        .withColumn("session_id", F.concat_ws("-", "user_id", F.sum("opened").over(in_order)))
        .withColumn("day_of_week", F.date_format("event_at", "EEEE"))
        .withColumn("document_word_count", F.size(F.split(F.trim("content"), r"\s+")))
        .drop("content", "opened", "timestamp")
        .cache()
    )
    tables = {
        "users": events.groupBy("user_id").agg(F.max("user_name").alias("name"), F.min("event_at").alias("first_seen")),
        "documents": events.filter("document_id is not null")
        .groupBy("document_id")
        .agg(F.max("document_title").alias("title"), F.max("event_at").alias("last_seen")),
        "sessions": events.groupBy("session_id", "user_id").agg(
            F.min("event_at").alias("started_at"), F.max("event_at").alias("ended_at"), F.count("*").alias("events")
        ),
        "events": events.select(
            *[F.to_json(name).alias(name) if kind.startswith("struct") else F.col(name) for name, kind in events.dtypes]
        ),
    }
    jdbc = jdbc_options(url)
    plain = {**jdbc, "url": jdbc["url"].split("?")[0]}
    for table, rows in tables.items():
        rows.write.format("jdbc").options(**plain, dbtable=table).mode("overwrite").save()
    mark("load")
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(KEYS)
    mark("keys")
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1], os.environ["DATABASE_URL"])
