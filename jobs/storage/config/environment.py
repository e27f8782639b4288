"""Variables of the environment, as people set them."""

from collections.abc import Mapping

from jobs.storage.errors import UsageError


def is_switched_on(name: str, environment: Mapping[str, str]) -> bool:
    """Whether a variable such as EVENT_LOG=1 is set to anything but 0, no, false or nothing."""
    return environment.get(name, "0") not in ("", "0", "no", "false")


def require_not_blank(values: Mapping[str, object]) -> None:
    """Raise UsageError for the first text that is empty: a slip in a script must not be taken for the default."""
    for name, value in values.items():
        if isinstance(value, str) and not value.strip():
            shown = f"{name[2:].upper()} ({name})" if name in ("--input", "--source") else name  # as make calls it
            raise UsageError(f"{shown} is set and empty: write what it is to be, or leave it out")
