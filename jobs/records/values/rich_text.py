"""Turns HTML into the text that its reader sees, so that words can be counted. libxml2 parses it, through lxml."""

# Browsers show these elements within a line. Every other element ends the word before it and starts a new one.
_IN_LINE = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "blink", "cite", "code", "data", "del", "dfn", "em", "font",
    "i", "ins", "kbd", "label", "mark", "nobr", "q", "rb", "ruby", "s", "samp", "small", "span", "strike", "strong",
    "sub", "sup", "text", "time", "tspan", "tt", "u", "var", "wbr",
}  # fmt: skip
_HIDDEN = {"iframe", "noembed", "noframes", "noscript", "script", "style", "template", "title"}
# No document nests its elements deeper. We stop there, because the library's time grows with the square of the depth.
_MAX_DEPTH = 2_000
_PIECE_CHARACTERS = 64 * 1024


class TooDeepError(Exception):
    """The elements are nested deeper than those of any document."""


def read_html(text: str) -> str:
    """Returns the text that a reader of the HTML sees. White space may differ. Raises TooDeepError.

    >>> read_html("<p><b>H</b>ello&nbsp;you</p>").split()
    ['Hello', 'you']
    """
    if "<" not in text and "&" not in text:
        return text
    # We import lxml here, so that a source without HTML does not load it.
    from lxml.etree import HTMLParser  # noqa: PLC0415

    seen = _SeenText()
    parser = HTMLParser(target=seen, huge_tree=True, remove_pis=True, remove_comments=True)
    # We feed pieces, because the parser reads a piece to its end even after TooDeepError was raised.
    for start in range(0, len(text), _PIECE_CHARACTERS):
        parser.feed(text[start : start + _PIECE_CHARACTERS])
    return parser.close() or ""


class _SeenText:
    """Collects the visible texts. The parser calls `start`, `end` and `data` for each element and text."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._depth = self._hidden = 0

    def start(self, tag: str, _: object) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise TooDeepError
        self._hidden += tag in _HIDDEN
        self._part_words(tag)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._hidden -= tag in _HIDDEN
        self._part_words(tag)

    def data(self, text: str) -> None:
        if not self._hidden:
            self._parts.append(text)

    def close(self) -> str:
        return "".join(self._parts)

    def _part_words(self, tag: str) -> None:
        # Browsers show custom elements, whose names have a hyphen, within the line.
        if tag not in _IN_LINE and "-" not in tag:
            self._parts.append(" ")
