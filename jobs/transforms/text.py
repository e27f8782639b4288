"""Small Column helpers for text."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.fields import WHITESPACE


def strip(text: Column) -> Column:
    """`text` without the white space at both ends, as Python's str.strip() understands white space."""
    return F.btrim(text, F.lit(WHITESPACE))


def is_filled(text: Column) -> Column:
    """True where `text` is not blank; NULL, which every condition takes for false, where it is NULL.

    Found at the first character that is no white space, where a trim would walk through the whole text.
    """
    return text.rlike(f"[^{WHITESPACE}]")


_CJK = r"\p{IsHan}\p{IsHiragana}\p{IsKatakana}\u30FC\uFF70"
_WORD_CHARACTER = rf"[\p{{L}}\p{{M}}\p{{N}}&&[^{_CJK}]]"
_INNER = "['\u2019\u2010\u2011-]"
_WORD = rf"[{_CJK}]|{_WORD_CHARACTER}+(?:{_INNER}{_WORD_CHARACTER}+)*"


def count_words(text: Column) -> Column:
    """Number of words in `text` (bigint; 0 for blank text, NULL for NULL).

    A word is a run of letters, digits and inner apostrophes or hyphens; a combining mark belongs to its letter.
    Each Han, Hiragana or Katakana character counts as one word, since those scripts do not part words by spaces
    (Unicode Standard Annex 29, section 4).
    """
    return F.regexp_count(text, F.lit(_WORD)).cast("bigint")
