"""Runs a command that only prints something: errors become one line, and a reader such as `head` may stop early."""

import os
import sys
from collections.abc import Callable

from jobs.storage.errors import PipelineError


def run_tool(show: Callable[[], None]) -> int:
    """Call `show` and return the exit code. It is 0 also if the reader closes the pipe before the end."""
    try:
        show()
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # `| head` has closed the pipe, and Python must not flush the rest into it at its exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
