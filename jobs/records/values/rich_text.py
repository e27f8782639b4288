"""HTML -> the text that its reader sees, for counting words; read by libxml2, through lxml."""

# Elements that are part of a line, as browsers show them. All others stand apart from what is before and behind them.
_IN_LINE = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "blink", "cite", "code", "data", "del", "dfn", "em", "font",
    "i", "ins", "kbd", "label", "mark", "nobr", "q", "rb", "ruby", "s", "samp", "small", "span", "strike", "strong",
    "sub", "sup", "text", "time", "tspan", "tt", "u", "var", "wbr",
}  # fmt: skip
_HIDDEN = {"iframe", "noembed", "noframes", "noscript", "script", "style", "template", "title"}
# The library takes the square of the time for what stands deeper. No document does.
_MAX_DEPTH = 2_000
_PIECE_CHARACTERS = 64 * 1024


class TooDeepError(Exception):
    """The elements stand deeper in each other than they do in any document."""


def read_html(text: str) -> str:
    """The text that a reader of the HTML sees, apart from white space; raises TooDeepError.

    >>> read_html("<p><b>H</b>ello&nbsp;you</p>").split()
    ['Hello', 'you']
    """
    if "<" not in text and "&" not in text:
        return text
    # Imported here, so that a source without HTML need not load it.
    from lxml.etree import HTMLParser  # noqa: PLC0415

    seen = _SeenText()
    parser = HTMLParser(target=seen, huge_tree=True, remove_pis=True, remove_comments=True)
    for start in range(0, len(text), _PIECE_CHARACTERS):  # after an error the parser still reads the piece to its end
        parser.feed(text[start : start + _PIECE_CHARACTERS])
    return parser.close() or ""


class _SeenText:
    """Gathers the texts that are shown, as the parser comes by them."""

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
        if tag not in _IN_LINE and "-" not in tag:  # a name with a hyphen is of the page's own making
            self._parts.append(" ")
