"""What a word is."""

import re
import unicodedata

# What each character is to the counting: a part of a word, something that may stand inside one, or neither.
_PART, _INNER, _NEITHER = "a", "'", " "
# A character that is a word by itself.
_ALONE = " a "
_BEYOND_LATIN = re.compile(r"[^\x00-\xff]+")
_INNER_CHARACTERS = "'-\u2019\u2010\u2011"
# The scripts Han, Hiragana and Katakana (Scripts.txt of Unicode), with the prolonged sound marks of both widths.
_CJK = (
    *[("\u2e80", "\u2fd5"), ("\u3005", "\u3005"), ("\u3007", "\u3007"), ("\u3021", "\u3029"), ("\u3038", "\u303b")],
    *[("\u3041", "\u3096"), ("\u309d", "\u309f"), ("\u30a1", "\u30fa"), ("\u30fc", "\u30ff"), ("\u31f0", "\u31ff")],
    *[("\u32d0", "\u32fe"), ("\u3300", "\u3357"), ("\u3400", "\u4dbf"), ("\u4e00", "\u9fff"), ("\uf900", "\ufad9")],
    *[("\uff66", "\uff9d"), ("\U00016ff0", "\U00016ff1"), ("\U0001aff0", "\U0001b167"), ("\U0001f200", "\U0001f200")],
    ("\U00020000", "\U0003ffff"),
)


def count_words(text: str) -> int:
    """Number of words in `text`; 0 for blank text.

    A word is a run of letters, digits and inner apostrophes or hyphens; a combining mark belongs to its letter. Each
    Han, Hiragana or Katakana character is a word, since those scripts do not part words by spaces (Unicode Standard
    Annex 29, section 4).

    >>> count_words("don't stop: 3.14 is well-known")
    6
    """
    try:  # bytes are looked up all at once, other characters one by one
        marks = text.encode("latin-1").translate(_LATIN_MARKS)
    except UnicodeEncodeError:
        text = _BEYOND_LATIN.sub(lambda run: run[0].translate(_MARKS), text)
        marks = text.encode("latin-1").translate(_LATIN_MARKS)
    # A word begins at each part that does not continue one. Before it stands a blank, or an inner character that has
    # no part before itself: `don't` is marked aaa'a and begins once, `a--b` is marked a''a and begins twice.
    padded = b"  " + marks
    return padded.count(b" a") + padded.count(b" 'a") + padded.count(b"''a")


def _mark(character: str) -> str:
    category = unicodedata.category(character)
    if character in _INNER_CHARACTERS:
        return _INNER
    if category != "Cn" and any(first <= character <= last for first, last in _CJK):
        return _ALONE
    return _PART if category[0] in "LMN" else _NEITHER


class _Marks(dict[int, str]):
    """The mark of each character, found when it first appears."""

    def __missing__(self, point: int) -> str:
        self[point] = mark = _mark(chr(point))
        return mark


_MARKS = _Marks()
_LATIN_MARKS = bytes(ord(_mark(chr(point))) for point in range(256))
