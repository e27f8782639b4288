"""An accepted record."""

from datetime import datetime
from typing import NamedTuple


class Event(NamedTuple):
    """What a record says. `event_at` is in UTC; of the content only the number of words and a hash are left."""

    event_id: str
    event_type: str
    event_at: datetime
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
