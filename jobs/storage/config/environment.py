"""Reads variables of the environment."""

from collections.abc import Mapping

from jobs.storage.errors import UsageError


def is_switched_on(name: str, environment: Mapping[str, str]) -> bool:
    """Return whether a variable such as EVENT_LOG=1 is on. The values 0, no, false and the empty text are off."""
    return environment.get(name, "0") not in ("", "0", "no", "false")


def require_not_blank(values: Mapping[str, object]) -> None:
    """Raise UsageError for the first empty text. An empty text is often a slip in a script, not the wish for a default.

    Example: `make pipeline INPUT=$FOLDER`, where FOLDER is not set, must not load the sample.
    """
    for name, value in values.items():
        if isinstance(value, str) and not value.strip():
            shown = f"{name[2:].upper()} ({name})" if name in ("--input", "--source") else name  # as make calls it
            raise UsageError(f"{shown} is set and empty: write what it is to be, or leave it out")
