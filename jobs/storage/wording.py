"""Words of messages that several places share."""


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """1 file, 2 files; 1 person, 2 people."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"
