"""Counts the words of a text."""

import re
import unicodedata

# Each character gets one of four marks: it is part of a word, it may stand inside a word, it is neither, or its
# neighbours decide.
_PART, _INNER, _NEITHER, _UNDECIDED = "a", "'", " ", "?"
# A character outside Latin-1 is first replaced by a Latin-1 form, because bytes are looked up fast. The form is a
# letter, a digit, a word by itself, a mark that may stand between two letters, or nothing.
_LETTER, _DIGIT, _ALONE, _BETWEEN_LETTERS, _NOTHING = "a", "0", " a ", "\xb7", ""
_BEYOND_LATIN = re.compile(r"[^\x00-\xff]+")
_INNER_CHARACTERS = "'-\u2019\u2010\u2011"
# Marks that stand between letters in Catalan (\u00b7, \u2027), Greek, Hebrew and Armenian.
_INNER_OF_LETTERS = "\u00b7\u0387\u2027\u05f3\u05f4\u055a\u055b\u055c\u055e\u055f"
# Hebrew has a mark of its own (\u05f4) that many keyboards lack, so people type a quote. We read a quote as this mark
# between two Hebrew letters only.
_HEBREW = r"[\u05d0-\u05ea\u05ef-\u05f2\ufb1d\ufb1f-\ufb28\ufb2a-\ufb4f]"
_HEBREW_POINTS = r"[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u034f\u200c-\u200f\u2060\xad]*"
_HEBREW_QUOTE = re.compile(rf"({_HEBREW}{_HEBREW_POINTS})\"(?={_HEBREW_POINTS}{_HEBREW})")
# Characters that extend the one before them, although Unicode does not call them combining marks: half-width voiced
# marks and the skin tones of emoji.
_EXTEND = "\uff9e\uff9f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_ZERO_WIDTH_SPACE = "\u200b"
# The scripts Han, Hiragana and Katakana by Unicode's Scripts.txt, and the prolonged sound marks of both widths.
_CJK = (
    *[("\u2e80", "\u2fd5"), ("\u3005", "\u3005"), ("\u3007", "\u3007"), ("\u3021", "\u3029"), ("\u3038", "\u303b")],
    *[("\u3041", "\u3096"), ("\u309d", "\u309f"), ("\u30a1", "\u30fa"), ("\u30fc", "\u30ff"), ("\u31f0", "\u31ff")],
    *[("\u32d0", "\u32fe"), ("\u3300", "\u3357"), ("\u3400", "\u4dbf"), ("\u4e00", "\u9fff"), ("\uf900", "\ufad9")],
    *[("\uff66", "\uff9d"), ("\U0001aff0", "\U0001b167"), ("\U0001f200", "\U0001f200")],
    ("\U00020000", "\U0003ffff"),
)


def count_words(text: str) -> int:
    """Returns the number of words in `text`; 0 for blank text.

    A word is a run of letters and digits. Apostrophes and hyphens may stand inside it, and so may marks of some scripts
    between letters, such as the dot of Catalan. Combining marks and invisible characters, such as soft hyphens, belong
    to the character before them (Unicode Standard Annex 29, WB4, WB6, WB7). Each Han, Hiragana or Katakana character is
    one word, since those scripts put no spaces between words (section 4 there).

    >>> count_words("It's state-of-the-art")
    2
    >>> count_words("don't stop: 3.14 is well-known")
    6
    """
    marks = _make_latin(text).translate(_MARKS)
    if not text.isascii() and b"?" in marks:
        latin = _make_latin(text).replace(b"\xad", b"")
        marks = _DOT_BETWEEN_LETTERS.sub(b"'", latin).translate(_MARKS).replace(b"?", b" ")
    # We count the places where a word begins. There the character before is a blank, or an inner mark that does not
    # follow a letter. So `don't`, marked aaa'a, counts once, and `a--b`, marked a''a, counts twice.
    padded = b"  " + marks
    return padded.count(b" a") + padded.count(b" 'a") + padded.count(b"''a")


def _make_latin(text: str) -> bytes:
    """Returns the text with each character replaced by its Latin-1 form. Latin-1 text stays as it is."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        text = _HEBREW_QUOTE.sub("\\1\u05f4", text) if '"' in text else text
        return _BEYOND_LATIN.sub(lambda run: run[0].translate(_LATIN_FORMS), text).encode("latin-1")


def _find_latin_form(character: str) -> str:
    category = unicodedata.category(character)
    if character in _INNER_CHARACTERS:
        return _INNER
    if character in _INNER_OF_LETTERS:
        return _BETWEEN_LETTERS
    if character in _EXTEND or category[0] == "M" or (category == "Cf" and character != _ZERO_WIDTH_SPACE):
        return _NOTHING
    if category != "Cn" and any(first <= character <= last for first, last in _CJK):
        return _ALONE
    return {"L": _LETTER, "N": _DIGIT}.get(category[0], _NEITHER)


class _LatinForms(dict[int, str]):
    """The Latin-1 form of each character; an entry is made when the character first appears."""

    def __missing__(self, point: int) -> str:
        self[point] = form = _find_latin_form(chr(point))
        return form


_LATIN_FORMS = _LatinForms()
_LATIN = {point: _LATIN_FORMS[point] for point in range(256)}
_MARK_OF_FORM = {_LETTER: _PART, _DIGIT: _PART, _INNER: _INNER, _BETWEEN_LETTERS: _UNDECIDED, _NOTHING: _UNDECIDED}
_MARKS = "".join(_MARK_OF_FORM.get(form, _NEITHER) for form in _LATIN.values()).encode()
_LETTERS = re.escape(bytes(point for point, form in _LATIN.items() if form == _LETTER))
_DOT_BETWEEN_LETTERS = re.compile(rb"(?<=[%b])\xb7(?=[%b])" % (_LETTERS, _LETTERS))
