"""Which parts of a text are words."""

import re
from itertools import product

import pytest

from jobs.records.values.words import count_words

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
    # an invisible character neither separates words nor is a word
    "Hyphen\u00ad\u00adation works": 2,
    "Hello brave\u00adly world\u200b!": 3,
    "\u00ad": 0,
    "a \u00ad\u200d\u0301 b": 2,
    "don\u00ad't": 1,
    "\u0915\u094d\u200d\u0937 \u0939\u0948": 2,
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u0628\u0631\u0648\u0645": 2,
    "\ufeffHello world": 2,
    "Hello\u200bworld": 2,
    "\u2764\ufe0f ok": 1,
    "\U0001f44d\U0001f3fb": 0,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467": 0,
    "\u304b\u3099": 1,
    "\uff76\uff9e": 1,
    # marks inside the words of some scripts
    "paral\u00b7lel": 1,
    "paral\u00ad\u00b7\u00adlel": 1,
    "paral\u2027lel": 1,
    "a\u00b7\u00b7b": 2,
    "\u00b7a\u00b7": 1,
    "1\u00b72": 2,
    "x\u00b72": 2,
    "2\u00b7x": 2,
    "\u0661\u00b7\u0662": 2,
    "a\u00b7b\u00b7c": 1,
    "\u00e9\u00b7\u0448": 1,
    "\u03b1\u0387\u03b2": 1,
    "\u65e5\u00b7\u672c": 2,
    "\u05e6\u05d4\u05f4\u05dc \u05d7\u05d6\u05e7": 2,
    "\u05e6\u05d4\u05b8\u05f4\u05dc": 1,
    "\u05d2\u05f3\u05d5\u05e8\u05d2\u05f3": 1,
    '\u05e6\u05d4"\u05dc': 1,
    '\u05e6\u05d4\u05b8"\u05dc': 1,
    '"\u05e6\u05d4" \u05dc': 2,
    '\u05d0"a': 2,
    'a"\u05d0': 2,
    'a"b \u05d0': 3,
    '\u05d0""\u05d1': 2,
    "\u056b\u0576\u0579\u0578\u055e\u0582": 1,
}
# number of words -> characters that give this number when one stands inside a word. 1: the character belongs to the
# word. 2: it separates two words. 3: it is a word by itself. Scripts are those of Scripts.txt of Unicode.
IN_A_WORD = {
    1: "\u00b7\u0387\u2027\u05f3\u05f4\u055b\u00ad\u200c\u200d\u2060\ufeff\ufe0f\U000e0061\uff9e\U0001f3fb\U00016ff0"
    "\u00e9\u0301\u0939\u0660\u00b2\u2167'-\u2019\u2010\u2011\u3131\u1100\uac00\u02bc\u302a\U0001d7ce",
    2: " _.\u2018\u2013\u2014\u200b\u3000\u3001\u30fb\u30a0\u309b\u309c\u31c0\u31e3\uff0d\ue000\uffff\U0001f600"
    "\u2e9a\u2fd6\u3040\u3097\ufada\U0003fffd\U0001afff",
    3: "\u2e80\u2fd5\u3005\u3007\u3021\u3029\u3038\u303b\u3041\u3096\u309d\u309f\u30a1\u30fa\u30fc\u30ff\u31f0\u32d0"
    "\u32fe\u3300\u3357\u3400\u4dbf\u4e00\u9ffc\uf900\ufad9\uff66\uff70\uff9d\U0001b000\U0001b167\U0001f200"
    "\U00020000\U0002a6dd\U0002fa1d\U00030000\U0003134a",
}


@pytest.mark.parametrize("text", WORDS)
def test_words_of_a_text(text: str) -> None:
    assert count_words(text) == WORDS[text]


@pytest.mark.parametrize("words", IN_A_WORD)
def test_character_in_a_word(words: int) -> None:
    found = {character: count_words(f"a{character}b") for character in IN_A_WORD[words]}
    assert found == dict.fromkeys(IN_A_WORD[words], words)


def test_all_short_texts_have_the_words_that_a_pattern_finds() -> None:
    pattern = re.compile("a+(?:['-]a+)*|\u65e5")
    texts = ["".join(marks) for length in range(7) for marks in product("a'- \u65e5", repeat=length)]
    assert [text for text in texts if count_words(text) != len(pattern.findall(text))] == []


def test_all_short_texts_with_marks_have_the_words_that_a_pattern_finds() -> None:
    letter = "[a\u05d0]"
    pattern = re.compile(f"[a\u05d01](?:(?:['-]|(?<={letter})\u00b7(?={letter})|(?<=\u05d0)\"(?=\u05d0))?[a\u05d01])*")
    texts = [
        "".join(marks) for length in range(6) for marks in product("a\u05d01\u00b7\"'\u00ad\u05b7 ", repeat=length)
    ]
    seen = {text: text.replace("\u00ad", "").replace("\u05b7", "") for text in texts}
    assert [text for text in texts if count_words(text) != len(pattern.findall(seen[text]))] == []
