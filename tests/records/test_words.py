"""What is a word."""

import re
from itertools import product

import pytest

from jobs.records.words import count_words

WORDS = {
    "": 0,
    " \t\n ": 0,
    "...": 0,
    "one": 1,
    "three   plain  words": 3,
    "don't stop": 2,
    "don\u2019t stop": 2,
    "well-known fact": 2,
    "'quoted'": 1,
    "dash - between": 2,
    "two--dashes": 2,
    "snake_case": 2,
    "3 of 10": 3,
    "3.14": 2,
    "re\u0301sume\u0301": 1,
    "\u0939\u093f\u0928\u094d\u0926\u0940": 1,
    "\u65e5\u672c\u8a9e": 3,
    "\u65e5\u672cabc": 3,
    "\u65e5's": 2,
    "\u30b3\u30fc\u30d2\u30fc": 4,
    "\ud55c\uad6d\uc5b4 \ub9d0": 2,
    "\u0440\u0443\u0441\u0441\u043a\u0438\u0439 \u0442\u0435\u043a\u0441\u0442": 2,
    "\U00020000\U00020001": 2,
    "\U0001f600 smile": 1,
}
# What each stands for in the middle of a word: 1 for a part or an inner character, 2 for neither, 3 for a word by
# itself. Where a script's name and the names of its characters part, by Scripts.txt of Unicode.
IN_A_WORD = {
    1: "\u00e9\u0301\u0939\u0660\u00b2\u2167'-\u2019\u2010\u2011\u3131\u1100\uac00\u02bc\u302a\U0001d7ce",
    2: " _.\u2018\u2013\u2014\u00b7\u3000\u3001\u30fb\u30a0\u309b\u309c\u31c0\u31e3\uff0d\ue000\uffff\u200d\U0001f600"
    "\u2e9a\u2fd6\u3040\u3097\ufada\U0003fffd\U0001afff",
    3: "\u2e80\u2fd5\u3005\u3007\u3021\u3029\u3038\u303b\u3041\u3096\u309d\u309f\u30a1\u30fa\u30fc\u30ff\u31f0\u32d0"
    "\u32fe\u3300\u3357\u3400\u4dbf\u4e00\u9ffc\uf900\ufad9\uff66\uff70\uff9d\U00016ff0\U0001b000\U0001b167\U0001f200"
    "\U00020000\U0002a6dd\U0002fa1d\U00030000\U0003134a",
}


@pytest.mark.parametrize("text", WORDS)
def test_words_of(text: str) -> None:
    assert count_words(text) == WORDS[text]


@pytest.mark.parametrize("words", IN_A_WORD)
def test_character_in_a_word(words: int) -> None:
    found = {character: count_words(f"a{character}b") for character in IN_A_WORD[words]}
    assert found == dict.fromkeys(IN_A_WORD[words], words)


def test_all_short_texts_have_the_words_that_a_pattern_finds() -> None:
    pattern = re.compile("a+(?:['-]a+)*|\u65e5")
    texts = ["".join(marks) for length in range(7) for marks in product("a'- \u65e5", repeat=length)]
    assert [text for text in texts if count_words(text) != len(pattern.findall(text))] == []
