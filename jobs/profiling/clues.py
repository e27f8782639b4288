"""Clues: words in the names of a log that suggest one of our fields. A clue with a larger weight is more convincing."""

from typing import NamedTuple

from jobs.profiling.words import word_set

ID = word_set("id ids uuid guid key identifier uid")
PERSON = word_set(
    "user actor author member account principal performer editor creator owner who person employee initiator"
    " operator identity profile subject login username"
)
RECIPIENT = word_set(
    "recipient recipients grantee invitee invited collaborator shared sharee target targets receiver to"
)
DOCUMENT = word_set("document doc file page sheet slide note notebook board canvas article post drawing")
THING = word_set("object item resource entity repo repository artifact asset node issue target")
COMMENT = word_set("comment comments note reply annotation message")
TEXT = word_set("text body content message html markdown")
# A name with one of these words describes a person or a document, not the event.
_OF_OTHERS = PERSON | DOCUMENT | THING | frozenset({"group", "session", "request", "client", "device", "parent"})


class Clue(NamedTuple):
    """A name that fits scores `weight`.

    It ends with a word of `ends`, has a word of `has` before that (if any are given), and no word of `never`. For
    example, `Clue(100, ID, DOCUMENT)` fits `document_id`.
    """

    weight: int
    ends: frozenset[str]
    has: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()

    def fits(self, words: tuple[str, ...]) -> bool:
        return (
            bool(words)
            and words[-1] in self.ends
            and (not self.has or not self.has.isdisjoint(words[:-1]))
            and self.never.isdisjoint(words)
        )


_STALE = word_set(
    "updated modified expires expiry expiration received ingested sent processed uploaded end ended start"
)
_NO_PERSON = (
    RECIPIENT | COMMENT | word_set("agent group session type count url href avatar gravatar image node device role")
)

# A job title belongs to a person.
_NO_DOCUMENT = word_set("job")

CLUES: dict[str, tuple[Clue, ...]] = {
    "event_at": (
        Clue(100, word_set("timestamp time at date datetime ts published occurred when"), never=_OF_OTHERS | _STALE),
        Clue(95, word_set("timestamp time at date datetime ts dt created stamp epoch"), never=_OF_OTHERS | _STALE),
        Clue(75, word_set("timestamp time at date datetime ts dt created stamp ms"), never=_OF_OTHERS),
        Clue(60, word_set("timestamp time at date datetime ts dt created stamp ms modified updated second seconds")),
    ),
    "event_type": (
        Clue(118, word_set("action"), word_set("event audit")),
        Clue(100, word_set("type name"), word_set("event events activity action operation audit")),
        Clue(92, word_set("action operation eventtype verb"), never=word_set("ref")),
        Clue(88, word_set("event activity type"), never=_OF_OTHERS | word_set("mime ref media auth")),
        Clue(70, word_set("key"), word_set("action")),
        Clue(60, word_set("name kind category method command code"), never=_OF_OTHERS | word_set("server host")),
    ),
    "event_id": (
        Clue(100, ID, word_set("event audit activity record log entry insert"), _OF_OTHERS),
        Clue(95, word_set("qualifier"), word_set("unique")),
        Clue(90, ID, never=_OF_OTHERS | word_set("trace span correlation batch tenant org organization")),
        Clue(60, ID, word_set("message"), _OF_OTHERS),
    ),
    "user_id": (
        Clue(100, ID, PERSON, _NO_PERSON | DOCUMENT | THING),
        Clue(95, ID, word_set("by"), _NO_PERSON | DOCUMENT | THING),
        Clue(90, PERSON, never=_NO_PERSON | DOCUMENT | THING),
        Clue(85, word_set("login arn sub username"), PERSON, _NO_PERSON | DOCUMENT | THING),
        Clue(80, word_set("email mail"), PERSON, _NO_PERSON | DOCUMENT | THING),
        Clue(70, word_set("name"), PERSON, _NO_PERSON | DOCUMENT | THING),
        Clue(65, word_set("email mail by"), never=_NO_PERSON),
        Clue(
            60, ID | PERSON, PERSON, word_set("agent group session type count url avatar device role shared recipient")
        ),
    ),
    "document_id": (
        Clue(100, ID, DOCUMENT, PERSON | COMMENT - DOCUMENT),
        Clue(80, ID, THING, PERSON | COMMENT),
        Clue(75, DOCUMENT, never=PERSON | word_set("type")),
        Clue(65, THING, never=PERSON | word_set("type")),
        Clue(62, word_set("path url uri link"), DOCUMENT, PERSON | word_set("avatar")),
        Clue(55, word_set("name"), word_set("repo repository object resource"), PERSON),
        Clue(50, word_set("title"), never=PERSON | _NO_DOCUMENT),
    ),
    "shared_with_user_id": (
        Clue(100, ID | word_set("email with"), RECIPIENT, DOCUMENT | word_set("link url")),
        Clue(95, word_set("email"), word_set("invite")),
        Clue(95, PERSON, RECIPIENT, DOCUMENT),
        Clue(90, word_set("recipient recipients grantee invitee collaborator collaborators sharee")),
    ),
    "user_email": (Clue(100, word_set("email mail"), never=RECIPIENT), Clue(80, PERSON, never=RECIPIENT)),
    "user_name": (
        Clue(100, word_set("name"), PERSON | word_set("display full real by"), RECIPIENT | DOCUMENT | THING),
        Clue(80, word_set("login username"), never=RECIPIENT),
    ),
    "document_title": (
        Clue(100, word_set("title"), DOCUMENT | THING, _NO_DOCUMENT),
        Clue(95, word_set("name subject filename"), DOCUMENT, PERSON),
        Clue(90, word_set("title"), never=PERSON | _NO_DOCUMENT),
        Clue(60, word_set("name"), THING, PERSON),
    ),
    "content": (
        Clue(95, word_set("content body text html markdown"), DOCUMENT | word_set("edit")),
        Clue(90, word_set("content"), never=COMMENT),
        Clue(65, word_set("body text html markdown"), never=COMMENT),
    ),
    "word_count": (Clue(100, word_set("count"), word_set("word words")), Clue(90, word_set("words"))),
    "edit_length": (
        Clue(100, word_set("delta length size diff chars characters"), word_set("edit change chars diff delta")),
        Clue(85, word_set("delta")),
    ),
    "comment_text": (
        Clue(100, TEXT, COMMENT, word_set("id url")),
        Clue(90, word_set("comment")),
        Clue(60, word_set("note reply message")),
    ),
    "permission": (
        Clue(100, word_set("permission permissions")),
        Clue(85, word_set("role privilege visibility"), never=PERSON),
        Clue(60, word_set("access right rights")),
    ),
    "device": (
        Clue(100, word_set("device agent"), never=word_set("id")),
        Clue(90, word_set("name type model"), word_set("device")),
        Clue(70, word_set("platform browser os client"), never=word_set("version")),
    ),
    "ip_address": (
        Clue(100, word_set("ip address addr"), never=RECIPIENT),
        Clue(80, word_set("remote source client origin host forwarded user")),
    ),
    "revision": (Clue(90, word_set("revision rev")),),
}
