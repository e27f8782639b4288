"""The job in processes of its own, and how to kill them."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.builders import ROOT
from tests.conftest import FOR_FEW_RECORDS
from tests.faults.harness import SECONDS, wait_until


@contextmanager
def submitted(url: str, folder: Path, *settings: str, memory: str = "1g") -> Iterator[subprocess.Popen[bytes]]:
    """The job as spark-submit runs it, on `folder`/in, in a process group that ends with the block.

    What it shows goes to `folder`/output. `settings` are some more of Spark's, such as `spark.ui.port=4040`.
    """
    job = ["jobs/pipeline.py", "--input", str(folder / "in"), "--data", str(folder / "data"), "--accept-quality"]
    spark = f"--driver-memory {memory} {join_settings(*settings)}"
    environment = {**os.environ, "DATABASE_URL": url, "MASTER": "local[2]", "SPARK_ARGS": spark}
    with start_group([sys.executable, "-m", "jobs.submit", *job], environment, folder / "output") as process:
        yield process


def join_settings(*settings: str) -> str:
    """SPARK_ARGS for a job that reads few records, with some more settings."""
    known = [f"{key}={value}" for key, value in FOR_FEW_RECORDS.items()]
    return shlex.join(word for setting in ("spark.ui.enabled=false", *known, *settings) for word in ("--conf", setting))


@contextmanager
def start_group(command: list[str], environment: dict[str, str], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process group of the command, which ends with the block; what it shows goes behind what is in `output`."""
    with output.open("ab") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(SECONDS)


def kill(job: subprocess.Popen[bytes], victim: str) -> None:
    """Kill without a word: the whole group, or the one process of it that fits."""
    if victim == "all":
        os.killpg(job.pid, signal.SIGKILL)
    else:
        wait_until(lambda: find_process(job, victim), victim).kill()


def find_process(job: subprocess.Popen[bytes], victim: str) -> psutil.Process | None:
    """The driver's JVM (`java`), its Python (`driver`) or a Python worker (`worker`) of that job."""
    fits: dict[str, Callable[[list[str]], bool]] = {
        "java": lambda words: words[0].endswith("java"),
        "driver": lambda words: any(word.endswith("jobs/pipeline.py") for word in words[1:2]),
        "worker": lambda words: "pyspark.worker" in words or "pyspark.daemon" in words,
    }
    with suppress(psutil.Error):
        for process in psutil.Process(job.pid).children(recursive=True):
            with suppress(psutil.Error):
                if (words := process.cmdline()) and fits[victim](words):
                    return process
    return None


def count_logged(data: Path, stage: str) -> int:
    log = data / "runs" / "pipeline.log"
    return len(re.findall(f'"stage": "{stage}"', log.read_text())) if log.exists() else 0
