"""Runs the container's command, and ends with the exit code of the job that it runs.

make ends with 2 whatever its command ends with. So jobs/submit.py leaves the job's own code in the file that
EXIT_CODE_FILE names, from where it is taken here: `python3 docker/entry.py make pipeline INPUT=/input`.
"""

import os
import signal
import subprocess
import sys
import tempfile


def run(command: list[str]) -> int:
    """Run the command, hand signals on to it, and return the exit code to end with."""
    processes: list[subprocess.Popen[bytes]] = []
    early: list[int] = []  # signals that come before there is anything to hand them on to

    def hand_on(number: int, _frame: object) -> None:
        for process in processes:
            process.send_signal(number)
        if not processes:
            early.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hand_on)
    with tempfile.NamedTemporaryFile("r", prefix="exit-code-") as left:
        processes.append(subprocess.Popen(command, env={**os.environ, "EXIT_CODE_FILE": left.name}))
        for number in early:
            hand_on(number, None)
        code = processes[0].wait()
        return choose_code(code, left.read())


def choose_code(code: int, left: str) -> int:
    """The job's own code where it failed, or where a signal has ended the command; else that of the command.

    What make does after a job may fail though the job has ended with 0.
    """
    was_stopped = code < 0
    if code and left and (was_stopped or left != "0"):
        return int(left)
    return 128 - code if was_stopped else code


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
