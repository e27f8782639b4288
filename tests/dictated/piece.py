"""A part of a file that follows from the catalogue."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Piece(NamedTuple):
    """A part of a file: `pattern` finds it, `text` is what must stand there."""

    path: str
    pattern: str
    text: str

    def read(self) -> str:
        """Returns the present text, or an empty text if the pattern finds nothing."""
        found = re.search(self.pattern, (ROOT / self.path).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        return found[0] if found else ""

    def write(self) -> None:
        """Writes the text in its place."""
        text = (ROOT / self.path).read_text(encoding="utf-8")
        (ROOT / self.path).write_text(text.replace(self.read(), self.text, 1), encoding="utf-8")
