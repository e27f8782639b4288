"""What parsing costs, and what of it is the strict gate: all that refuses more than a plain from_json would.

    make simulate EVENTS=2000000 OUTPUT=/tmp/events
    JAVA_HOME="$(.venv/bin/python -m jobs.storage.java)" .venv/bin/python -m tests.bench.gate_cost /tmp/events

The same lines go through each stage once a round, one stage after the other, so that whatever else the machine does
hits all of them. Shown are the medians of the rounds: seconds by the clock, and of processor time in the JVM.
"""

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from unittest.mock import patch

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.storage.spark import start_spark
from jobs.transforms import parse as parsing
from jobs.transforms.parse import parse
from jobs.transforms.validate import judge
from schemas.tables import RECORD
from tests.builders import LIMITS, default_source
from tests.conftest import read_spark_defaults

SOURCE = default_source()


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure what parsing and the strict gate cost.")
    parser.add_argument("input", type=Path, help="folder of JSON Lines files (*.jsonl)")
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds, after one to warm up")
    parser.add_argument("--master", default="local[2]")
    return parser


def read_records(spark: SparkSession, folder: Path) -> DataFrame:
    lines = spark.read.option("lineSep", "\n").text([str(path) for path in sorted(folder.rglob("*.jsonl"))])
    return (
        lines.filter(F.col("value").rlike(r"\S"))
        .select(
            F.lit(1).cast("long").alias("file_id"),
            F.monotonically_increasing_id().alias("record_number"),
            F.col("value").alias("raw"),
            F.lit(None).cast("string").alias("framing_error"),
        )
        .to(RECORD)
    )


def read_json_plainly(records: DataFrame, keys: Iterable[str]) -> DataFrame:
    """What `_read_json` gives, believing all that from_json believes."""
    parsed = F.from_json("raw", parsing._strings(keys))
    verdicts = {"is_text": True, "has_escape": False, "has_nul": False}
    return records.select(
        "*",
        *[F.lit(value).alias(name) for name, value in verdicts.items()],
        F.inline(F.array(F.struct(parsed))).alias("object"),
    )


def make_stages(records: DataFrame) -> dict[str, DataFrame]:
    with patch.object(parsing, "_read_json", read_json_plainly):
        plain = parse(records, SOURCE)
    strict = parse(records, SOURCE)
    keys = {path[0] for paths in SOURCE.fields.values() for path in paths}
    return {
        "read": records,
        "from_json, plain": read_json_plainly(records, keys),
        "from_json, strict": parsing._read_json(records, keys),
        "parse, plain": plain,
        "parse, strict": strict,
        "judge, plain": judge(plain, SOURCE, LIMITS),
        "judge, strict": judge(strict, SOURCE, LIMITS),
    }


def measure(spark: SparkSession, frame: DataFrame) -> tuple[float, float]:
    """(seconds by the clock, seconds of processor time) to compute every column of every row."""
    process = spark._jvm.java.lang.ProcessHandle.current()  # type: ignore[union-attr]
    used, began = process.info().totalCpuDuration().get().toMillis(), time.monotonic()
    frame.write.format("noop").mode("overwrite").save()
    elapsed = time.monotonic() - began
    return elapsed, (process.info().totalCpuDuration().get().toMillis() - used) / 1000


def main() -> None:
    args = arg_parser().parse_args()
    spark = start_spark("gate cost", args.master, {**read_spark_defaults(), "spark.ui.showConsoleProgress": "false"})
    spark.sparkContext.setLogLevel("ERROR")
    stages = make_stages(read_records(spark, args.input))
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for number in range(args.rounds + 1):
        for name, frame in stages.items():
            measured = measure(spark, frame)
            if number:
                found[name].append(measured)
    medians = {
        name: [statistics.median(column) for column in zip(*rounds, strict=True)] for name, rounds in found.items()
    }
    print(f"{'stage':<20}{'seconds':>10}{'processor':>12}")
    for name, (elapsed, used) in medians.items():
        print(f"{name:<20}{elapsed:>10.2f}{used:>12.2f}")
    for name in ("from_json", "parse", "judge"):
        plain, strict = (medians[f"{name}, {kind}"][1] for kind in ("plain", "strict"))
        print(f"the gate costs {strict / plain - 1:.0%} of the processor time of {name}")


if __name__ == "__main__":
    main()
