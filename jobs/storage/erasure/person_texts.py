"""Finds a person in texts that are not records: the log, summaries, reports, what the ledger holds of errors."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

# Below the data folder, what the jobs write and may hold a person. Quarantined records are no free text: see redact.
_PLACES = ("runs/**/*", "reports/**/*", "airflow/logs/**/*", "postgres/server.log")


def spell(text: str) -> set[str]:
    """How the text may stand in JSON, HTML and URIs, beside itself; in JSON twice, as where a log line quotes some."""
    spellings = {text}
    for _ in range(2):
        spellings |= {json.dumps(each, ensure_ascii=is_ascii)[1:-1] for each in spellings for is_ascii in (True, False)}
    return {*spellings, html.escape(text), quote(text)}


class PersonTexts:
    """Finds and replaces what names one person, by a pseudonym.

    An id or a name counts where it is no part of a longer word. Where it is itself a JSON value, such as a number, it
    counts only behind a quotation mark or a bracket: a summary's counts are nobody's ids.
    """

    def __init__(self, user_id: str, names: Iterable[str], pseudonym: str) -> None:
        spellings = {spelling for text in {user_id, *names} for spelling in spell(text)}
        self._pattern = _match_any(map(_make_pattern, spellings))
        self._word_pattern = _match_any(map(_make_word_pattern, spellings))
        self._pseudonym = pseudonym

    def replace(self, text: str) -> tuple[str, int]:
        """The text with the pseudonym, and how often it had to be put there."""
        return self._pattern.subn(lambda _: self._pseudonym, text)

    def replace_words(self, text: str) -> tuple[str, int]:
        """The same for a sentence, which quotes no ids: there a number may be one wherever it stands."""
        return self._word_pattern.subn(lambda _: self._pseudonym, text)

    def find_files(self, data: Path) -> Iterator[tuple[Path, int]]:
        """(file, mentions) of the files of the jobs below the folder `data` that name the person."""
        for path in _list_files(data):
            if mentions := self.replace(_read(path))[1]:
                yield path, mentions

    def clean_files(self, data: Path) -> None:
        """Put the pseudonym into these files, in place: another process may be about to append to one."""
        for path, _ in self.find_files(data):
            path.write_bytes(self.replace(_read(path))[0].encode("utf-8", "surrogateescape"))


def list_packed_files(data: Path) -> list[Path]:
    """Files of the jobs that are compressed, so that they can't be searched."""
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
