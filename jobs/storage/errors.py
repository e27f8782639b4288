"""Errors that the user can fix. The message of each is one line that names the wrong value and the fix."""


class PipelineError(Exception):
    """An error whose message is for the user; the job ends with `exit_code`."""

    exit_code = 1


class UsageError(PipelineError):
    """Wrong usage, configuration or input folder."""

    exit_code = 2


class QualityError(PipelineError):
    """The data did not pass a check, so nothing was published."""

    exit_code = 3


class ChangedFilesError(PipelineError):
    """Files changed while they were read, so nothing was published. The next run may find them complete."""

    exit_code = 3


class JavaGoneError(PipelineError):
    """The JVM in which Spark runs has died."""

    def __init__(self) -> None:
        super().__init__(
            "the JVM in which Spark runs died: killed from outside, or out of memory; nothing was published. Run again,"
            " with more memory if it was short (SPARK_ARGS='--driver-memory 6g'); its last words are in spark.log"
        )


class OutOfMemoryError(PipelineError):
    """The JVM in which Spark runs has raised an OutOfMemoryError."""

    def __init__(self) -> None:
        super().__init__(
            "Spark ran out of memory; nothing was published. Give it more (SPARK_ARGS='--driver-memory 6g', or"
            " --executor-memory on a cluster) and run again"
        )


class DatabaseUnavailableError(PipelineError):
    """The database can't be reached, or another run still holds the lock."""

    exit_code = 4


class LostLockError(DatabaseUnavailableError):
    """Another run has declared this one dead."""


class LostRowsError(DatabaseUnavailableError):
    """The server crashed while the run was staging."""


def read_message(error: BaseException) -> str:
    """Return the message of an error. It is empty for an error of Java whose JVM can't be asked any more."""
    try:
        return str(error)
    except Exception:
        return ""


def describe(error: BaseException) -> str:
    """Return the kind and the first line of an error, at most 300 characters. An error of Java keeps Java's words."""
    lines = read_message(error).strip().splitlines() or [""]
    if lines[0].startswith("An error occurred while calling") and len(lines) > 1:  # Py4J, then `: java.lang...: words`
        return lines[1].removeprefix(": ")[:300]
    return f"{type(error).__name__}: {lines[0]}"[:300]
