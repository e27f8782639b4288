"""Hostile files, the same for the same seed: name -> bytes, each with a reason to fail of its own."""

import gzip
import json
import random
from collections.abc import Callable
from itertools import islice

from tests.builders import record_json

# Nasty text that PostgreSQL can store: it must come out byte for byte.
STRINGS = (
    "'; drop table events; --",
    'Robert"); DROP TABLE users;--',
    "$$ select 1 $$ \\copy %s %(x)s :name ? {0}",
    "\\N",
    "\\.",
    "null",
    "\u202eright to left\u202c \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1e9\U0001f1ea \U0001f600",
    "e\u0301\u0302\u0303" + "\u0336" * 300,
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324a\u031e\u0349\u035a\u032f\u031eL\u0354\u0356G",
    " \t leading and trailing \n\r\n ",
    "\u0085\u2028\u2029\u00a0\ufeff\u200b\u00ad",
    "\ufdd0\uffff\U0010ffff",
    "\x01\x02\x1b[31mred\x7f",
    "back\\slash \\\\ \\u0041 \\x41 quote\" apostrophe' `tick`",
    "<script>alert(1)</script>&amp;",
    "a,b;c\td|e",
    "../../etc/passwd",
    "${jndi:ldap://x} `id` $(id)",
    "1 MB: " + "\u00e9" * 500_000,
)
# What some parser takes and RFC 8259 does not, or the other way round.
CASES = (
    *["{'a':1}", '{"a":1,}', '{"a":1 "b":2}', "{a:1}", '{"a":NaN}', '{"a":-Infinity}', '{"a":01}', '{"a":.5}'],
    *['{"a":1.}', '{"a":+1}', '{"a":0x1F}', '{"a":1e400}', '{"a":"\t"}', '{"a":"\\x41"}', '{"a":"\\ud800"}', "{}{}"],
    *['{"a":"\\u0000"}', '{"a":tru}', '{"a":TRUE}', '{"a":1}//x', '{"a":1}#', "[1,]", "[,1]", "[1,,2]", "{,}", '{"a"}'],
    *['{"a":}', '{:1}', '"', "\\", "}", "]", "[", "{", '{"a":[}', "[{]", '{"a":1]', "nul", "-", "1e", "\ufeff{}"],
    *['{"a":/*c*/1}', '{"\\u0061":1,"a":2}', '{"":""}', "\u00a0{}", "\x0c{}", "{}\0", "\0{}", '{"a":"\0"}', "\x1e{}"],
)  # fmt: skip
DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    lambda content, chance: content[: chance.randrange(len(content))],
    lambda content, chance: content[chance.randrange(len(content)) :],
    lambda content, chance: _put(content, chance, bytes([chance.randrange(256)])),
    lambda content, chance: _put(content, chance, chance.randbytes(40)),
    lambda content, chance: _put(content, chance, bytes(100)),
    lambda content, chance: content.replace(b'"', b"'", chance.randrange(1, 30)),
    lambda content, chance: content.replace(b"}", b"", chance.randrange(1, 5)),
    lambda content, chance: content.replace(b"\n", chance.choice([b"\r", b"\0\n", b"", b"\n\n", b"\x85"])),
    lambda content, chance: content.decode("utf-8", "replace").encode(chance.choice(["utf-16", "utf-16-le", "utf-32"])),
    lambda content, chance: content.decode("utf-8", "replace").encode(chance.choice(["cp037", "utf-7"]), "replace"),
    lambda content, chance: chance.randbytes(len(content)),
)


def make_files(seed: int, number: int) -> dict[str, bytes]:
    """That many files. Those named `strings...` are whole, with every one of STRINGS in `comment_text`."""
    chance = random.Random(seed)
    files = dict(_make_fixed())
    while len(files) < number:
        content = _make_valid(chance, len(files))
        for damage in chance.sample(DAMAGES, chance.randrange(1, 3)):
            content = damage(content, chance) or b" "
        if chance.random() < 0.4:
            content = gzip.compress(content, mtime=0)
            if chance.random() < 0.7:
                content = chance.choice(DAMAGES[:5])(content, chance)
        files[f"{len(files):03} {chance.choice(['', '[x]', '12:30', 'ü'])}.json{chance.choice(['', '.gz'])}"] = content
    return dict(islice(files.items(), number))


def _make_fixed() -> list[tuple[str, bytes]]:
    texts = [record_json(event_id=f"string {number}", comment_text=text) for number, text in enumerate(STRINGS)]
    plain = "\n".join(json.dumps(json.loads(text), ensure_ascii=False) for text in texts).encode()
    deep = ['{"a":' * depth + "1" + "}" * depth for depth in (900, 1100, 50_000)]
    deep += ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000]
    digits = [
        record_json(word_count=0).replace('"word_count": 0', f'"word_count": {"9" * size}') for size in (400, 5000)
    ]
    huge = [
        record_json(edit_length=0).replace('"edit_length": 0', f'"edit_length": {x}')
        for x in ("1e999999999", "-1e-9999")
    ]
    return [
        ("strings.jsonl", plain),
        ("strings.json.gz", gzip.compress(b"[" + plain.replace(b"\n", b",") + b"]")),
        ("strings escaped.jsonl", "\n".join(texts).encode()),
        ("cases.jsonl", "\n".join([*CASES, *[record_json(event_id=f"c{n}") for n in range(len(CASES))]]).encode()),
        ("deep.jsonl", "\n".join([*deep, *[record_json(event_id=f"d{n}") for n in range(len(deep))]]).encode()),
        ("deep.json", ("[" + ",".join(deep) + "]").encode()),
        ("digits.jsonl", "\n".join(digits + huge).encode()),
        ("bomb.json.gz", gzip.compress(bytes(50_000_000))),
        ("spaces.json", b" " * 5_000_000),
        ("long.jsonl", record_json(comment_text="x" * 17_000_000).encode()),
        *[(f"case {number:02}.json", case.encode("utf-8", "surrogatepass")) for number, case in enumerate(CASES)],
    ]


def _make_valid(chance: random.Random, number: int) -> bytes:
    texts = [
        record_json(
            event_id=f"{number}-{n}",
            event_type=chance.choice(["user_login", "document_edit", "comment_added"]),
            document_id=chance.choice(["d1", "d2"]),
            comment_text=chance.choice(STRINGS[:-1]),
        )
        for n in range(chance.randrange(1, 30))
    ]
    form = chance.randrange(4)
    if form == 0:
        return ("[" + ",".join(texts) + "]").encode()
    if form == 1:
        return "\n".join(json.dumps(json.loads(text), indent=2, ensure_ascii=False) for text in texts).encode()
    return "\n".join(texts).encode()


def _put(content: bytes, chance: random.Random, piece: bytes) -> bytes:
    place = chance.randrange(len(content))
    return content[:place] + piece + content[place + len(piece) :]
