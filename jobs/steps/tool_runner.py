"""How a tool runs that only shows something: errors in one line, exit codes, a reader that has seen enough."""

import os
import sys
from collections.abc import Callable

from jobs.storage.errors import PipelineError


def run_tool(show: Callable[[], None]) -> int:
    """Show something; returns the exit code, 0 also where nobody reads to the end."""
    try:
        show()
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # `| head` has seen enough; Python must not try to flush the rest at its exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
