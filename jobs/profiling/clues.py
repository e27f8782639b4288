"""What tells our fields: words in the names of a log, in the order in which they convince."""

from typing import NamedTuple

ID = frozenset("id ids uuid guid key identifier uid".split())
PERSON = frozenset(
    "user actor author member account principal performer editor creator owner who person employee initiator"
    " operator identity profile subject login username".split()
)
RECIPIENT = frozenset(
    "recipient recipients grantee invitee invited collaborator shared sharee target targets receiver to".split()
)
DOCUMENT = frozenset("document doc file page sheet slide note notebook board canvas article post drawing".split())
THING = frozenset("object item resource entity repo repository artifact asset node issue target".split())
COMMENT = frozenset("comment comments note reply annotation message".split())
TEXT = frozenset("text body content message html markdown".split())
NAME = frozenset("name username displayname login".split())
# What stands before such a word is of a person or a document, not of the event.
_OF_OTHERS = PERSON | DOCUMENT | THING | frozenset({"group", "session", "request", "client", "device", "parent"})


class Clue(NamedTuple):
    """`weight` for a name that ends with one of `ends`, has one of `has` before it, if any are given, and none of
    `never` in it.
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


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STALE = _words("updated modified expires expiry expiration received ingested sent processed uploaded end ended start")
_NO_PERSON = RECIPIENT | COMMENT | _words("agent group session type count url href avatar gravatar image node device role")

CLUES: dict[str, tuple[Clue, ...]] = {
    "event_at": (
        Clue(100, _words("timestamp time at date datetime ts published occurred when"), never=_OF_OTHERS | _STALE),
        Clue(95, _words("timestamp time at date datetime ts dt created stamp epoch"), never=_OF_OTHERS | _STALE),
        Clue(75, _words("timestamp time at date datetime ts dt created stamp ms"), never=_OF_OTHERS),
        Clue(60, _words("timestamp time at date datetime ts dt created stamp ms modified updated second seconds")),
    ),
    "event_type": (
        Clue(118, _words("action"), _words("event audit")),
        Clue(100, _words("type name"), _words("event events activity action operation audit")),
        Clue(92, _words("action operation eventtype verb"), never=_words("ref")),
        Clue(88, _words("event activity type"), never=_OF_OTHERS | _words("mime ref media auth")),
        Clue(70, _words("key"), _words("action")),
        Clue(60, _words("name kind category method command code"), never=_OF_OTHERS),
    ),
    "event_id": (
        Clue(100, ID, _words("event audit activity record log entry insert"), _OF_OTHERS),
        Clue(95, _words("qualifier"), _words("unique")),
        Clue(90, ID, never=_OF_OTHERS | _words("trace span correlation batch tenant org organization")),
        Clue(60, ID, _words("message"), _OF_OTHERS),
    ),
    "user_id": (
        Clue(100, ID, PERSON, _NO_PERSON | DOCUMENT | THING),
        Clue(90, PERSON, never=_NO_PERSON | DOCUMENT | THING),
        Clue(85, _words("login arn sub username"), PERSON, _NO_PERSON | DOCUMENT | THING),
        Clue(80, _words("email mail"), PERSON, _NO_PERSON | DOCUMENT | THING),
        Clue(70, _words("name"), PERSON, _NO_PERSON | DOCUMENT | THING),
        Clue(65, _words("email mail by"), never=_NO_PERSON),
        Clue(60, ID | PERSON, PERSON, _words("agent group session type count url avatar device role shared recipient")),
    ),
    "document_id": (
        Clue(100, ID, DOCUMENT, PERSON | COMMENT - DOCUMENT),
        Clue(80, ID, THING, PERSON | COMMENT),
        Clue(75, DOCUMENT, never=PERSON | _words("type")),
        Clue(65, THING, never=PERSON | _words("type")),
        Clue(62, _words("path url uri link"), DOCUMENT, PERSON | _words("avatar")),
        Clue(55, _words("name"), _words("repo repository object resource"), PERSON),
        Clue(50, _words("title"), never=PERSON),
    ),
    "shared_with_user_id": (
        Clue(100, ID | _words("email with"), RECIPIENT, DOCUMENT),
        Clue(95, PERSON, RECIPIENT, DOCUMENT),
        Clue(90, _words("recipient recipients grantee invitee collaborator collaborators sharee")),
    ),
    "user_email": (Clue(100, _words("email mail"), never=RECIPIENT), Clue(80, PERSON, never=RECIPIENT)),
    "user_name": (
        Clue(100, _words("name"), PERSON | _words("display full real"), RECIPIENT | DOCUMENT | THING),
        Clue(80, _words("login username"), never=RECIPIENT),
    ),
    "document_title": (
        Clue(100, _words("title"), DOCUMENT | THING),
        Clue(95, _words("name subject filename"), DOCUMENT, PERSON),
        Clue(90, _words("title"), never=PERSON),
        Clue(60, _words("name"), THING, PERSON),
    ),
    "content": (
        Clue(95, _words("content body text html markdown"), DOCUMENT | _words("edit")),
        Clue(90, _words("content"), never=COMMENT),
        Clue(65, _words("body text html markdown"), never=COMMENT),
    ),
    "word_count": (Clue(100, _words("count"), _words("word words")), Clue(90, _words("words"))),
    "edit_length": (
        Clue(100, _words("delta length size diff chars characters"), _words("edit change chars diff delta")),
        Clue(85, _words("delta")),
    ),
    "comment_text": (
        Clue(100, TEXT, COMMENT, _words("id url")),
        Clue(90, _words("comment")),
        Clue(60, _words("note reply message")),
    ),
    "permission": (
        Clue(100, _words("permission permissions")),
        Clue(85, _words("role privilege visibility"), never=PERSON),
        Clue(60, _words("access right rights")),
    ),
    "device": (
        Clue(100, _words("device agent"), never=_words("id")),
        Clue(90, _words("name type model"), _words("device")),
        Clue(70, _words("platform browser os client"), never=_words("version")),
    ),
    "ip_address": (
        Clue(100, _words("ip address addr"), never=RECIPIENT),
        Clue(80, _words("remote source client origin host forwarded user")),
    ),
    "revision": (Clue(90, _words("revision rev")),),
}
