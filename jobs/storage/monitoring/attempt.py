"""Something done on the side: it may fail or hang, and the run goes on."""

import logging
from collections.abc import Callable
from threading import Thread

from jobs.storage.errors import describe

logger = logging.getLogger(__name__)

# Longer than it takes to load a library on a busy machine, and short beside any run.
_PATIENCE_SECONDS = 5


def attempt(what: str, call: Callable[[], None]) -> bool:
    """Do it, and wait for it some seconds at most; whether it was done. Whatever goes wrong is one warning.

    It runs in a thread of its own, since a library's own time limit holds for each step, and not for the whole: a
    server that sends one byte a second would hold a run for ever.
    """
    errors: list[BaseException] = []

    def try_it() -> None:
        try:
            call()
        except Exception as error:
            errors.append(error)

    thread = Thread(target=try_it, daemon=True)
    thread.start()
    thread.join(_PATIENCE_SECONDS)
    if thread.is_alive():
        logger.warning("%s took longer than %d s, the load is not affected", what, _PATIENCE_SECONDS)
        return False
    if errors:
        logger.warning("%s failed, the load is not affected: %s", what, describe(errors[0]))
        return False
    return True
