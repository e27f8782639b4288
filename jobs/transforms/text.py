"""Small Column helpers for text."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.transforms.uncompiled import uncompiled
from schemas.fields import WHITESPACE

# Most texts begin and end within.
_VISIBLE = ("!", "~")


def begins_visible(text: Column) -> Column:
    """True for most texts that do not begin with white space; costs nothing: strings are compared by their bytes."""
    return text.between(*_VISIBLE)


def strip(text: Column) -> Column:
    """`text` without the white space at both ends, as Python's str.strip() understands white space."""
    # The last byte, not the last character: for that one the text would be walked through from its start.
    last = F.substring(text.cast("binary"), -1, 1)
    is_stripped = begins_visible(text) & last.between(*[F.lit(mark.encode()) for mark in _VISIBLE])
    return F.when(is_stripped, text).otherwise(uncompiled(F.btrim(text, F.lit(WHITESPACE))))


def is_filled(text: Column) -> Column:
    """True where `text` is not blank; NULL, which every condition takes for false, where it is NULL.

    Found at the first character that is no white space, where a trim would walk through the whole text.
    """
    return begins_visible(text) | text.rlike(f"[^{WHITESPACE}]")


# What most texts are made of comes first, and ranges stand before what is costly to look up, a category or a script.
# No character of these scripts is below U+2E80.
_CJK = r"[\u2E80-\x{3FFFF}&&[\p{IsHan}\p{IsHiragana}\p{IsKatakana}\u30FC\uFF70]]"
_NOT_CJK = r"\P{IsHan}&&\P{IsHiragana}&&\P{IsKatakana}&&[^\u30FC\uFF70]"
_LETTER = r"[\p{L}\p{M}\p{N}]"
_WORD_CHARACTER = rf"[a-zA-Z0-9[\x80-\u2E7F&&{_LETTER}][\u2E80-\x{{10FFFF}}&&{_LETTER}&&{_NOT_CJK}]]"
_INNER = "['\u2019\u2010\u2011-]"
_WORD = rf"{_WORD_CHARACTER}++(?:{_INNER}{_WORD_CHARACTER}++)*+|{_CJK}"


def count_words(text: Column) -> Column:
    """Number of words in `text` (bigint; 0 for blank text, NULL for NULL).

    A word is a run of letters, digits and inner apostrophes or hyphens; a combining mark belongs to its letter.
    Each Han, Hiragana or Katakana character counts as one word, since those scripts do not part words by spaces
    (Unicode Standard Annex 29, section 4).
    """
    return F.regexp_count(text, F.lit(_WORD)).cast("bigint")
