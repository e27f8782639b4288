"""A folder that was loaded once, so that each test can start behind that load for the price of a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import copied_database


class Snapshot:
    """A database, and the folder with its input and its data, as they are when the snapshot is made."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self._kept = folder.with_name(f"{folder.name}.kept")
        shutil.copytree(folder, self._kept)

    @contextmanager
    def restore(self, server: str) -> Iterator[str]:
        """Give a copy of the database, which is dropped afterwards. The folder is as it was, at the same place.

        The database knows the files by path, size and time, and all three are those of the snapshot. Nobody may be
        connected to the database of the snapshot.
        """
        shutil.rmtree(self.folder)
        shutil.copytree(self._kept, self.folder)
        with copied_database(server, self.url) as url:
            yield url


@dataclass
class LoadedFolder:
    """A folder with input and data, as a snapshot gives it, and the database into which it is loaded."""

    root: Path
    url: str

    @property
    def folder(self) -> Path:
        """The input, under a name with characters that have a meaning in patterns."""
        return self.root / "in put [1]"

    @property
    def data(self) -> Path:
        return self.root / "data"
