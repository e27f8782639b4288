"""Tells the format of a file by its first bytes."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from jobs.records.files.content import Content
from jobs.records.files.line_values import split_values

Format = Literal["json_lines", "json_values", "unreadable", "replay"]

# The first 64 KiB tell the format of most files. Reading 1 MiB of each would take longer than all else before the load.
_GLANCED_BYTES, _SNIFFED_BYTES = 64 * 1024, 1024 * 1024
# If half of the first hundred lines are complete objects, we do not look at the others.
_FIRST_LINES = 100


@dataclass(frozen=True)
class Sniffed:
    """The format of a file. A plain file needs no unpacking or decoding. `problem` says why a file is unreadable."""

    format: Format
    is_plain: bool = True
    problem: str | None = None


def sniff_content(read_head: Callable[[int], bytes]) -> Sniffed:
    """Tells the format of a file by its first MiB. `read_head(size)` returns the first `size` bytes of the file.

    A file is JSON Lines if at least half of its lines hold complete JSON objects and nothing else. Blank lines do not
    count. In a long file the first hundred lines decide, if they are JSON Lines.

    >>> sniff_content(lambda size: b'{"a": 1}')
    Sniffed(format='json_lines', is_plain=True, problem=None)
    >>> sniff_content(lambda size: b'[{"a": 1},  {"a": 2}]').format
    'json_values'
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
    """Returns the first bytes, unpacked; whether there are more; and whether the file is plain."""
    content, head = Content(BytesIO(packed)), bytearray()
    for chunk in content.chunks():
        head += chunk
        if len(head) > size:
            break
    is_cut = max(len(packed), len(head)) > size or content.error is not None
    return bytes(head[:size]), is_cut, content.is_plain


def _are_objects(lines: list[bytes]) -> bool:
    """Whether at least half of the lines hold complete JSON objects and nothing else."""
    return 2 * sum(all(map(_is_object, split_values(line))) for line in lines) >= len(lines)


def _is_object(value: bytes) -> bool:
    try:
        # We decode the bytes ourselves, because `json.loads` guesses their encoding by the NULs in them.
        return isinstance(json.loads(value.decode()), dict)
    except (ValueError, RecursionError):
        return False
