"""Explains exit codes: the job's own, and those with which its JVM or its Python died."""

from jobs.storage.process.logs import LOG_FOLDER
from jobs.storage.process.signals import STOPPING

MEANINGS = {
    1: "unforeseen; the trace is in data/runs/",
    2: "wrong usage, configuration or input folder",
    3: "the data did not pass, or changed while it was read; nothing was published",
    4: "the database can't be reached or written, or another run holds the lock",
    130: "stopped by Ctrl-C; a run is published whole or not at all, the next one goes on from there",
    143: "stopped by SIGTERM; a run is published whole or not at all, the next one goes on from there",
}
# The exit codes of Spark's JVM, and of the job's Python if it was killed.
JVM_CODES = {
    52: "the JVM in which Spark runs ran out of memory: give it more, as in SPARK_ARGS='--driver-memory 6g'",
    -9: "the JVM in which Spark runs was killed, by somebody or for lack of memory",
    137: "the job's Python was killed, by somebody or for lack of memory; the next run cleans up",
}


def explain_code(code: int) -> tuple[int, str]:
    """Returns our exit code for that of spark-submit, and what it means. A code below zero is the number of a signal.

    The job's own codes stay as they are. Any other code comes from a JVM that died, or from a Python that was killed.
    """
    if -code in STOPPING:
        code = 128 - code
    if code in MEANINGS:
        return code, MEANINGS[code]
    reason = JVM_CODES.get(code, f"the JVM in which Spark runs died (exit code {code})")
    return 1, f"{reason}; run again: a run is published whole or not at all. The last messages are in {LOG_FOLDER}"
