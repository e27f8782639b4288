"""Guesses which of our fields a path might be, by its name and by its values."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from jobs.profiling.clues import CLUES
from jobs.profiling.found_paths import FoundPath
from jobs.profiling.opening import Record
from jobs.profiling.steps import KINDS, Label, Step, name_words
from jobs.profiling.words import find_time_formats, is_address, is_email, is_number, is_time, split_words
from jobs.records.mapping import make_finder
from schemas.fields import FIELDS
from schemas.paths import Path, Steps, Sum

# A candidate with a lower score is not worth showing.
_LEAST_SCORE = 45
_LOOKED_AT = 2000
_MOST_FALLBACKS = 3
_LEAST_FALLBACK = 60
_SECONDS = {"second", "seconds", "sec", "secs", "s"}
_NANOSECONDS = {"nano", "nanos", "nanosecond", "nanoseconds", "ns"}
# These fields choose their paths first, in this order, because a path can be one field only.
_ORDER = ("event_type", "event_at", "event_id", "user_id", "document_id", "shared_with_user_id")
# A field is usually in the same object as another one.
_BESIDE = {
    "event_at": "event_type",
    "event_id": "event_type",
    "user_name": "user_id",
    "user_email": "user_id",
    "document_title": "document_id",
}
# The path of one of these fields may be the path of another field too. For example, an email may also be the user's id.
_SHARED = {"user_email", "user_name", "document_title"}
# Where an object is: how many levels around the record, and the steps from there.
Place = tuple[int, tuple[Step, ...]]


class Candidate(NamedTuple):
    """A path that might be a field. The score says how likely that is: at least 45, and over 100 for a name of ours."""

    path: Path
    score: float
    time_formats: tuple[str, ...] = ()


@dataclass
class Guesses:
    """`fields` holds the paths for the draft. `candidates` holds all paths that are possible, the best first."""

    fields: dict[str, list[Path]] = field(default_factory=dict)
    candidates: dict[str, list[Candidate]] = field(default_factory=dict)
    time_formats: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def name_fields_of(self, path: Path) -> list[str]:
        """Returns the fields that the path was guessed to be."""
        return [name for name, paths in self.fields.items() if path in paths]


def guess_fields(paths: list[FoundPath], records: list[Record], record_path: tuple[str, ...] = ()) -> Guesses:
    """Guesses the most likely paths of each field."""
    guesses = Guesses()
    parents = {path.path: _parent(path) for path in paths}
    is_in_events = bool(record_path) and split_words(record_path[-1])[-1] in ("events", "event", "activities")
    some = records[:: max(1, len(records) // _LOOKED_AT)]
    taken: set[Path] = set()
    for name in (*_ORDER, *(name for name in FIELDS if name not in _ORDER)):
        found = _rank(name, paths, len(records), is_in_events)
        if beside := guesses.fields.get(_BESIDE.get(name, "")):
            parent = parents.get(beside[0])
            found = _prefer_beside(found, parents, parent)
            if name in _SHARED and parent and parent[1]:
                # A name elsewhere in the record belongs to somebody else, so we do not take it for the user's.
                found = [each for each in found if _belongs_to(parents[each.path], parent, name == "document_title")]
        guesses.candidates[name] = found
        free = [each for each in found if each.path not in taken or name in _SHARED]
        if not free:
            continue
        has_fallbacks = name in ("event_type", "event_at", "user_id", "document_id")
        if name == "user_id" and (parent := parents.get(free[0].path)) and parent[1]:
            # A record may not say who acted. We must not take the id of another person in it as a fallback then.
            free = [each for each in free if _belongs_to(parents[each.path], parent)]
        chosen = _add_fallbacks(free, some) if has_fallbacks else free[:1]
        guesses.fields[name] = [each.path for each in chosen]
        if formats := tuple(dict.fromkeys(format for each in chosen for format in each.time_formats)):
            guesses.time_formats[name] = formats
        taken |= set(guesses.fields[name])
    return guesses


def _rank(name: str, paths: list[FoundPath], records: int, is_in_events: bool) -> list[Candidate]:
    candidates = [each for path in paths if (each := _score(name, path, records))]
    if name == "event_type" and is_in_events:
        # In a list of events, `name` usually says what happened, and `type` only the kind of thing.
        candidates = [each._replace(score=each.score + 65 * (str(each.path) == "name")) for each in candidates]
    if name == "event_at":
        candidates += _find_sums(paths, records)
    return sorted(candidates, key=lambda each: -each.score)


def _prefer_beside(candidates: list[Candidate], parents: dict[Path, Place], parent: Place | None) -> list[Candidate]:
    """Puts candidates first that are in the object `parent`, unless that is the record itself."""
    if parent is None or not parent[1]:
        return candidates
    scored = [each._replace(score=each.score + 25 * (parents.get(each.path) == parent)) for each in candidates]
    return sorted(scored, key=lambda each: -each.score)


def _belongs_to(place: Place, parent: Place, is_around_enough: bool = False) -> bool:
    """Whether a value in the object `place` describes the object `parent`: it is in there, or directly in the record.

    With `is_around_enough` it may also be in an object that holds `parent`.
    """
    level, steps = place
    if not steps:
        return True
    is_around = is_around_enough and parent[1][: len(steps)] == steps
    return level == parent[0] and (steps[: len(parent[1])] == parent[1] or is_around)


def _parent(path: FoundPath) -> Place:
    """Returns the object that a value is in. In a list of names and values, that is the list."""
    steps = path.steps[:-1]
    if steps and isinstance(steps[-1], Label) and steps[-1].name not in KINDS:
        steps = steps[:-1]
    return path.level, steps


def _score(name: str, found: FoundPath, records: int) -> Candidate | None:
    words = name_words(found.steps)
    score: float = _score_name(name, found, words)
    texts = [text for text in found.node.texts if text.strip()]
    if not score or not texts or not _has_type(name, found):
        return None
    formats: tuple[str, ...] = ()
    if name == "event_at":
        if not _most(texts, lambda text: is_time(text, words), share=0.5):
            formats = tuple(find_time_formats(texts))
            if not formats:
                return None
    elif (test := _TESTS.get(name)) and not _most(texts, test):
        return None
    if name == "event_id" and 2 * found.node.records < records:
        return None
    score += _score_values(name, texts)
    score -= 2 * (len(found.steps) - 1) + 3 * found.level + 5 * sum(step == 0 for step in found.steps)
    if FIELDS[name].is_required:
        score *= 0.6 + 0.4 * found.node.records / max(1, records)
    return Candidate(found.path, score, formats) if score >= _LEAST_SCORE else None


def _score_name(name: str, found: FoundPath, words: tuple[str, ...]) -> int:
    text = str(found.path)
    if found.level == 0 and text in FIELDS[name].paths:
        return 120 - FIELDS[name].paths.index(text)
    joined = "_".join(words)
    if joined == name:
        return 115
    # An IP address is recognised by its form, so its name need not fit a clue.
    return max((clue.weight for clue in CLUES[name] if clue.fits(words)), default=50 * (name == "ip_address"))


def _has_type(name: str, found: FoundPath) -> bool:
    """Whether most values have a type that the field can be read from."""
    types, kind = found.node.types, FIELDS[name].kind
    fitting = {"text", "number"} if kind in ("id", "timestamp", "revision") else {"text"}
    if kind in ("integer", "count"):
        fitting = {"number", "text"}
    if name == "shared_with_user_id":
        fitting |= {"list"}
    whole = sum(count for each, count in types.items() if each != "null")
    return 2 * sum(types[each] for each in fitting) >= whole > 0


def _is_id(text: str) -> bool:
    return len(text) <= 200 and "\n" not in text and not is_time(text, ())


_TESTS: dict[str, Callable[[str], bool]] = {
    "event_id": _is_id,
    "event_type": lambda text: len(text) <= 100 and _is_id(text) and not is_email(text),
    "user_id": lambda text: _is_id(text) and text not in ("true", "false"),
    "document_id": _is_id,
    "shared_with_user_id": lambda text: len(text) <= 2000,
    "user_email": is_email,
    "ip_address": is_address,
    "word_count": is_number,
    "edit_length": is_number,
    "revision": is_number,
}


def _most(texts: list[str], test: Callable[[str], bool], share: float = 0.7) -> bool:
    some = texts[:200]
    return sum(map(test, some)) >= share * len(some)


def _score_values(name: str, texts: list[str]) -> int:
    """Returns how much the values change the score: ids of events should differ, people and types should repeat."""
    different, count = len(set(texts)), len(texts)
    if count < 3:
        return 0
    share = different / count
    if name == "event_id":
        return 0 if share >= 0.8 else -100
    if name == "event_type":
        # A short log may have as many types as records, so we lower the score in a long one only.
        return -60 if count >= 50 and share > 0.5 else -30 if different == 1 else min(different, 5)
    if name in ("user_id", "document_id"):
        return (
            -40 if count >= 50 and share > 0.97 and name == "user_id" else -15 if different == 1 and count > 20 else 0
        )
    return 0


def _find_sums(paths: list[FoundPath], records: int) -> list[Candidate]:
    """Finds seconds and nanoseconds that are in one object."""
    named = [(each, each.path, name_words(each.steps)) for each in paths]
    steps = [(each, path, words[-1]) for each, path, words in named if isinstance(path, Steps) and words]
    seconds = [(each, path) for each, path, word in steps if word in _SECONDS and _most(each.node.texts, _is_epoch)]
    nanoseconds = {(each.level, each.steps[:-1]): path for each, path, word in steps if word in _NANOSECONDS}
    return [
        Candidate(Sum(path, beside), 97 * each.node.records / max(1, records) - 3 * each.level)
        for each, path in seconds
        if (beside := nanoseconds.get((each.level, each.steps[:-1])))
    ]


def _is_epoch(text: str) -> bool:
    return is_time(text, ("time",))


def _add_fallbacks(candidates: list[Candidate], records: list[Record]) -> list[Candidate]:
    """Returns the best candidate, and further ones for the records in which the earlier ones find nothing."""
    chosen = [candidates[0]]
    missing = _without(candidates[0].path, records)
    for candidate in candidates[1:]:
        if not missing or len(chosen) > _MOST_FALLBACKS or candidate.score < _LEAST_FALLBACK:
            break
        left = _without(candidate.path, missing)
        if len(left) < len(missing):
            chosen.append(candidate)
            missing = left
    return chosen


def _without(path: Path, records: list[Record]) -> list[Record]:
    find = make_finder((path,))
    return [(record, around) for record, around in records if find(record, around) is None]
