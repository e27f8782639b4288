"""An accepted record."""

from collections import namedtuple
from datetime import datetime, timedelta

from jobs.records.values.timestamps import EPOCH
from schemas.columns import READ_EVENT

# The time is stored as microseconds since 1970, in UTC. Making a datetime for each record would cost a twentieth of the
# time that a record takes.
_NAMES = ["event_at_micros" if column.name == "event_at" else column.name for column in READ_EVENT]


class Event(namedtuple("Event", _NAMES)):  # type: ignore[misc]  # mypy wants the names written out here
    """The values of one record, in the order of the columns of `READ_EVENT`.

    The text of a document is not stored. Only its word count and a hash of it are.
    """

    __slots__ = ()

    event_id: str
    event_at_micros: int
    user_id: str
    recipients: tuple[str, ...] | None
    content_fingerprint: str
    properties: str | None

    @property
    def event_at(self) -> datetime:
        """The instant, in UTC."""
        return EPOCH + timedelta(microseconds=self.event_at_micros)
