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
