"""What the content of a file looks like, told by its first bytes."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from jobs.records.files.content import Content
from jobs.records.files.line_values import split_values

Format = Literal["json_lines", "json_values", "unreadable", "replay"]

# Most files are known at a glance; to read so much more of each would take longer than all else about it.
_GLANCED_BYTES, _SNIFFED_BYTES = 64 * 1024, 1024 * 1024
# Where half of so many lines are complete objects, the others need not be looked at.
_FIRST_LINES = 100


@dataclass(frozen=True)
class Sniffed:
    """What the beginning of a file shows.

    A plain file needs no unpacking and no decoding. `problem` says why a file is unreadable.
    """

    format: Format
    is_plain: bool = True
    problem: str | None = None


def sniff_content(read_head: Callable[[int], bytes]) -> Sniffed:
    """Tell the format of a file by its first MiB; `read_head` returns its first bytes, as many as it is asked for.

    A file is JSON Lines when at least half of its lines are one complete JSON object each, or several. Blank lines do
    not count, and of many lines the first hundred are enough.
    """
    for size in (_GLANCED_BYTES, _SNIFFED_BYTES):
        head, is_cut, is_plain = _unpack_head(read_head(size + 1), size)
        lines = head.split(b"\n")
        filled = [line for line in (lines[:-1] if is_cut else lines) if line.strip()]
        first = filled[:_FIRST_LINES]
        if len(first) == _FIRST_LINES and _are_objects(first):
            return Sniffed("json_lines", is_plain)
        if not is_cut:
            break
    is_lines = (_are_objects(first) or _are_objects(filled)) if filled else not is_cut
    return Sniffed("json_lines" if is_lines else "json_values", is_plain)


def _unpack_head(packed: bytes, size: int) -> tuple[bytes, bool, bool]:
    """(the first bytes, unpacked; whether there are more; whether there was nothing to unpack)."""
    content, head = Content(BytesIO(packed)), bytearray()
    for chunk in content.chunks():
        head += chunk
        if len(head) > size:
            break
    is_cut = max(len(packed), len(head)) > size or content.error is not None
    return bytes(head[:size]), is_cut, content.is_plain


def _are_objects(lines: list[bytes]) -> bool:
    """Whether at least half of them are one complete JSON object each, or several."""
    return 2 * sum(all(map(_is_object, split_values(line))) for line in lines) >= len(lines)


def _is_object(value: bytes) -> bool:
    try:
        # We decode here, because the library guesses the encoding of bytes by the NULs in them.
        return isinstance(json.loads(value.decode()), dict)
    except (ValueError, RecursionError):
        return False
