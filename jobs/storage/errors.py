"""What can go wrong for a reason the user can mend: one line that names the value and the fix."""


class PipelineError(Exception):
    """An error whose message is for the user; the job ends with `exit_code`."""

    exit_code = 1


class UsageError(PipelineError):
    """Wrong usage, configuration or input folder."""

    exit_code = 2


class QualityError(PipelineError):
    """The data did not pass: nothing was published."""

    exit_code = 3


class DatabaseUnavailableError(PipelineError):
    """The database can't be reached, or another run still holds the lock."""

    exit_code = 4


class LostLockError(DatabaseUnavailableError):
    """Another run has declared this one dead."""


class LostRowsError(DatabaseUnavailableError):
    """The server crashed while the run was staging."""


def describe(error: BaseException) -> str:
    """Kind and first line of an error, at most 300 characters; of one that comes from Java, Java's own words."""
    lines = str(error).strip().splitlines() or [""]
    if lines[0].startswith("An error occurred while calling") and len(lines) > 1:  # Py4J, then `: java.lang...: words`
        return lines[1].removeprefix(": ")[:300]
    return f"{type(error).__name__}: {lines[0]}"[:300]
