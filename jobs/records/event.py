"""An accepted record."""

from collections import namedtuple
from datetime import datetime, timedelta

from jobs.records.values.timestamps import EPOCH
from schemas.columns import READ_EVENT

# Microseconds since 1970, in UTC. To make a datetime of each costs a twentieth of all that is done with a record.
_NAMES = ["event_at_micros" if column.name == "event_at" else column.name for column in READ_EVENT]


class Event(namedtuple("Event", _NAMES)):  # type: ignore[misc]  # mypy wants the names written out here
    """What a record says, column by column of `READ_EVENT`; of the content only a hash and a word count are left."""

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
