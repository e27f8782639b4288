"""The text of HTML is the text that a reader sees."""

import time
from contextlib import suppress
from dataclasses import replace

import pytest

from jobs.records import Event, RecordReader
from jobs.records.values.rich_text import TooDeepError, read_html
from jobs.records.values.words import count_words
from tests.builders import LIMITS
from tests.records.helpers import SOURCE, edit

# HTML -> the words of its visible text
SEEN = {
    "": "",
    "Hello brave world": "Hello brave world",
    "two\nlines": "two lines",
    "a < b and c > d": "a < b and c > d",
    "I <3 you": "I <3 you",
    "a <": "a <",
    "AT&T &amp; Co": "AT&T & Co",
    "<p>Hello <strong>brave</strong> world</p>": "Hello brave world",
    "<b>H</b>ello": "Hello",
    "<B>H</b\n>ello": "Hello",
    '<a href="x>y" title=\'it > "is"\'>link</a>s': "links",
    "<p it's>one</p>two": "one two",
    "<p a=b/c>one<p a = 'x'y>two": "one two",
    "<p =a>one": "one",
    "<my-name>H</my-name>ello": "Hello",
    "so<wbr>me": "some",
    "one<br>two<br/>three": "one two three",
    "one<hr>two<img src=x>three": "one two three",
    "<div>one</div>two<div>three</div>": "one two three",
    "one<p>two": "one two",
    "<ul><li>one<li>two</ul>": "one two",
    "<ul><li>one</li><li>two</li></ul>": "one two",
    "<table><tr><th>one</th><td>two</td></tr><tr><td>three</td></tr></table>": "one two three",
    "<h1>one</h1>two": "one two",
    "<select><option>one<option>two</select>": "one two",
    "<pre>one\n  two</pre>": "one two",
    "Hel<!-- a <b> c -->lo": "Hello",
    "Hel<!---->lo <!--> <!---> x": "Hello x",
    "<!DOCTYPE html><?xml x?>one</>two</ x>three": "onetwothree",
    "one <!-- two": "one",
    "one <p two": "one",
    '<p a="one>two': "",
    "<script>var a = '<p>no</p>';</script>yes": "yes",
    "<SCRIPT>no</b></script >yes": "yes",
    "<style>p { color: red }</style>yes": "yes",
    "yes<script>no": "yes",
    "yes<script>no</scripts>no": "yes",
    "<template>no<template>no</template>no<script></template></script>no</template>yes": "yes",
    "<template>no</div>no": "",
    "</template>yes": "yes",
    "<noscript>no</noscript>yes": "yes",
    "<head><title>no</title></head><body>yes</body>": "yes",
    "<textarea>a <b> c &amp; d</textarea>": "a <b> c & d",
    "<xmp>a &amp; b</xmp>": "a &amp; b",
    "<svg><title/><style/><path d='M 0 0'/><text>in it</text></svg>behind": "in it behind",
    "<svg/>behind<title>no</title>it": "behind it",
    "&lt;b&gt; &copy;2024&nbsp;x &eacute; &#65;&#x42; &unknown; &amp": "<b> \u00a92024 x \u00e9 AB &unknown; &",
    "Hyphen&shy;ation": "Hyphen\u00adation",
    "&am<b>p;</b>": "&amp;",
    f"&#{'9' * 5000}; &#x{'f' * 5000}; x": "\ufffd \ufffd x",
    "&#0; &#xd800; &#1114112;": "\ufffd \ufffd \ufffd",
}


@pytest.mark.parametrize("html", SEEN, ids=lambda html: ascii(html)[:60])
def test_html_has_the_visible_text(html: str) -> None:
    assert read_html(html).split() == SEEN[html].split()


def test_text_without_tags_passes_through() -> None:
    text = " one\t two\n\nthree > two  "
    assert read_html(text) == text


@pytest.mark.parametrize(
    "html",
    [
        "<p>Hello <strong>brave</strong> world</p>",
        "<p>Hel&shy;lo</p><p>brave</p><p>wor<i>ld</i></p>",
        "<td>Hello</td><td>brave</td><td>world</td>",
    ],
)
def test_words_of_html(html: str) -> None:
    assert count_words(read_html(html)) == 3


HOSTILE = {
    "nested": "<div>" * 25_000 + "x",
    "nested in the line": "<b>" * 1_000_000 + "x",
    "fonts": "".join(f"<font a{number}>" for number in range(20_000)) + "<p>x" * 20_000,
    "attributes": "<p " + " ".join(f"a{number}" for number in range(500_000)) + ">x",
    "blanks": "<p" + " " * (1 << 21) + ">x",
    "equals": "<p" + " =" * (1 << 20) + ">x",
    "values": "<p a=" + "\"'" * (1 << 20) + ">x",
    "open tags": "<a " * (1 << 19),
    "open quotes": "<a b='" * (1 << 18),
    "open comments": "<!--" * (1 << 19),
    "nearly comments": "<!-- --" * (1 << 18),
    "open ends": "</" * (1 << 20),
    "less": "<" * (1 << 21),
    "questions": "<?" * (1 << 20),
    "scripts": "<script>" + "</" * (1 << 19) + ">",
    "script ends": "<script></script" * (1 << 17),
    "text areas": "<textarea>" * (1 << 17),
    "templates": "<template>" * (1 << 17),
    "drawings": "<svg><title/>" * (1 << 16),
    "ampersands": "&" * (1 << 21),
    "numbers": "&#" + "9" * (1 << 21),
    "names": "&" + "a" * (1 << 21),
    "short numbers": "&#1" * (1 << 19),
    "paragraphs that end in the line": "<b></p>" * 50_000,
    "ends without a beginning": "<b>" * 1900 + "</i>" * 25_000 + "</p>" * 25_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_html_is_read_within_seconds(name: str) -> None:
    start = time.process_time()
    with suppress(TooDeepError):
        read_html(HOSTILE[name])
    assert time.process_time() - start < 5  # seconds; quadratic time would take hours


@pytest.mark.parametrize("html", ["<b>" * 1990 + "Hello" + "</b>" * 1990, "<p><b>x</b></p>" * 10_000])
def test_many_elements_are_read(html: str) -> None:
    assert read_html(html).split() == ["Hello"] if "Hello" in html else ["x"] * 10_000


def test_elements_nested_too_deeply_are_counted_and_not_read() -> None:
    with pytest.raises(TooDeepError):
        read_html("<b>" * 2001 + "Hello")
    reader = RecordReader(replace(SOURCE, content_format="html"), LIMITS)
    found = reader.read(edit(content="<i>" * 3000 + "Hello", word_count=7).encode())
    assert isinstance(found, Event)
    assert (found.document_word_count, reader.observed.unread_content) == (7, 1)
