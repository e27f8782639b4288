"""Properties: the values that a mapping stores of a record in addition to our fields, each under its path."""

from typing import Any

from jobs.records.files.raw_record import Around
from jobs.records.mapping import make_finder, take_all
from jobs.records.observed import Observed
from jobs.records.problems import Problem
from jobs.records.validate import NOT_STORABLE, WrongValueError, can_be_stored
from jobs.records.values.strict_json import encode, has_huge_number
from schemas.fields import Source
from schemas.read_names import ReadNames

# A larger value is left out. Properties are for values that people count and compare, not for documents.
MAX_VALUE_BYTES = 4096

_TOO_LARGE = WrongValueError("bad_value", "a number that a double holds")


class PropertiesReader:
    """Reads the properties of the records of one source. `observed` counts the values that are left out."""

    def __init__(self, source: Source, observed: Observed) -> None:
        self._observed = observed
        self._finders = [(str(path), make_finder((path,), gather=take_all)) for path in source.property_paths]
        # Where all other values are stored, their names come from the producer, and may be personal, such as an email
        # address. So problems then name the field `properties` only.
        self._read_names = ReadNames(source.list_read_paths()) if source.keeps_all else None

    def read(self, record: dict[str, Any], around: Around | None) -> tuple[str | None, list[Problem]]:
        """Returns the properties as one JSON object in canonical form, and what is wrong with them.

        Values that are null, blank or empty are left out. Without any values there is no object but None.
        """
        if self._read_names:
            found = self._read_names.find_unread(record)
        else:
            found = {name: value for name, find in self._finders if (value := find(record, around)) is not None}
            self._observed.paths.update(found)
        members, problems = [], []
        for name, value in sorted(found.items()):
            if value is None or value in ("", [], {}) or (type(value) is str and value.isspace()):
                continue
            text = encode(value, is_sorted=True)
            if wrong := _find_wrong(name, value, text):
                field = "properties" if self._read_names else name
                problems.append(Problem.of(wrong.reason, field, text, wrong.expected))
            elif len(text.encode()) > MAX_VALUE_BYTES:
                self._observed.leave_out(name)
            else:
                members.append(f"{encode(name)}:{text}")
        return "{" + ",".join(members) + "}" if members else None, problems


def _find_wrong(name: str, value: Any, text: str) -> WrongValueError | None:
    if not can_be_stored(name) or not can_be_stored(value):
        return NOT_STORABLE
    return _TOO_LARGE if has_huge_number(text) else None
