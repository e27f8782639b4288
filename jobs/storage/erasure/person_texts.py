"""Finds a person in texts that are not records: the log, summaries, reports, and errors that the ledger quotes."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

# The jobs write these files below the data folder, and they may mention a person. Quarantined records are not here:
# they have fields, and jobs/steps/redact_quarantine.py redacts them.
_PLACES = ("runs/**/*", "reports/**/*", "airflow/logs/**/*", "postgres/server.log")


def spell(text: str) -> set[str]:
    """Return the text and all its spellings in JSON, HTML and URIs.

    JSON is applied twice, because a log line in JSON may quote a text that is JSON itself.
    """
    spellings = {text}
    for _ in range(2):
        spellings |= {json.dumps(each, ensure_ascii=is_ascii)[1:-1] for each in spellings for is_ascii in (True, False)}
    return {*spellings, html.escape(text), quote(text)}


class PersonTexts:
    """Finds the id and names of one person in texts, and replaces them by a pseudonym.

    An id or a name must stand alone, not within a longer word. An id that is a JSON value itself, such as the number
    12, must also stand in quotes or brackets. Otherwise each count of 12 in a summary would be replaced.
    """

    def __init__(self, user_id: str, names: Iterable[str], pseudonym: str) -> None:
        spellings = {spelling for text in {user_id, *names} for spelling in spell(text)}
        self._pattern = _match_any(map(_make_pattern, spellings))
        self._word_pattern = _match_any(map(_make_word_pattern, spellings))
        self._pseudonym = pseudonym

    def replace(self, text: str) -> tuple[str, int]:
        """Return the text with the pseudonym, and the number of replacements."""
        return self._pattern.subn(lambda _: self._pseudonym, text)

    def replace_words(self, text: str) -> tuple[str, int]:
        """The same for a sentence, which quotes no ids: there a number may be one wherever it stands."""
        return self._word_pattern.subn(lambda _: self._pseudonym, text)

    def find_files(self, data: Path) -> Iterator[tuple[Path, int]]:
        """Yield (file, mentions) for each file of the jobs below the folder `data` that names the person."""
        for path in _list_files(data):
            if mentions := self.replace(_read(path))[1]:
                yield path, mentions

    def clean_files(self, data: Path) -> None:
        """Replace the person in these files. Each is rewritten in place, since another process may append to it."""
        for path, _ in self.find_files(data):
            path.write_bytes(self.replace(_read(path))[0].encode("utf-8", "surrogateescape"))


def list_packed_files(data: Path) -> list[Path]:
    """List the files of the jobs that are compressed. These can't be searched."""
    return [path for path in _list_files(data) if path.suffix in (".zst", ".gz", ".lz4", ".zip", ".zstd")]


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape")


def _list_files(data: Path) -> list[Path]:
    return sorted(path for place in _PLACES for path in data.glob(place) if path.is_file())


def _match_any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(set(patterns), key=len, reverse=True)))


def _make_word_pattern(text: str) -> str:
    return rf"(?<![\w-]){re.escape(text)}(?![\w-])"


def _make_pattern(text: str) -> str:
    try:
        json.loads(text)
    except ValueError:
        return _make_word_pattern(text)
    return rf"""(?<=["'(]){re.escape(text)}(?=[\\"')])"""
