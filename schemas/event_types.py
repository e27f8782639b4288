"""The event types that we know. A producer may send any other type; it is accepted as it is."""

from typing import NamedTuple


class EventType(NamedTuple):
    """One event type. Its records must have the fields of `requires`, and those that every record must have."""

    code: str
    description: str
    requires: tuple[str, ...] = ()

    @property
    def requires_document(self) -> bool:
        """Whether each event of this type is about a document."""
        return "document_id" in self.requires


EVENT_TYPES = (
    EventType("user_login", "a user logs in"),
    EventType("document_edit", "a user changes the text of a document", requires=("document_id",)),
    EventType("comment_added", "a user comments on a document", requires=("document_id",)),
    EventType("document_shared", "a user shares a document, with a person or by a link", requires=("document_id",)),
)

REQUIRED_BY_TYPE = {event_type.code: event_type.requires for event_type in EVENT_TYPES if event_type.requires}
