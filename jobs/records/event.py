"""An accepted record."""

from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.records.timestamps import EPOCH


class Event(NamedTuple):
    """What a record says; of the content only the number of words and a hash are left."""

    event_id: str
    event_type: str
    # Since 1970, in UTC. To make a datetime of each costs a twentieth of all that is done with a record.
    event_at_micros: int
    user_id: str
    document_id: str | None
    document_word_count: int | None
    edit_length: int | None
    comment_text: str | None
    shared_with_user_id: str | None
    permission: str | None
    device: str | None
    ip_address: str | None
    reported_user_name: str | None
    reported_user_email: str | None
    reported_document_title: str | None
    content_fingerprint: str

    @property
    def event_at(self) -> datetime:
        """The instant, in UTC."""
        return EPOCH + timedelta(microseconds=self.event_at_micros)
