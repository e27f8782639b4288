"""Erased people: a pseudonym in the place of their id, and nothing in the place of what they said or were.

Ids are told by a keyed hash (HMAC-SHA256, RFC 2104, cut to 128 bits), so that nothing here has to know them.
"""

from dataclasses import dataclass
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

PSEUDONYM_PREFIX = "erased:"

_HASH_DIGITS = 32

# What an event says of the person who acted, and what that person wrote.
PERSONAL = (
    "comment_text",
    "device",
    "ip_address",
    "reported_user_name",
    "reported_user_email",
    "reported_document_title",
)

# Where an id can stand in a text that need not be JSON: as a JSON string, between blanks and brackets, or in a word.
_MENTIONS = (r'"((?:[^"\\]|\\.)*+)"', r"""([^\s"'{}\[\](),;]++)""", r"""([^\s"'{}\[\](),;:=&/<>\\]++)""")


@dataclass(frozen=True)
class Erased:
    """The erased people: hashes of their ids, and of the names and addresses by which they were known.

    `pads` is one row, `inner_pad` and `outer_pad`, made from the key. A frame, since a literal would put the key into
    plans, and these are shown and logged.
    """

    pads: DataFrame
    ids: list[str]
    names: list[str]


def pseudonymize(records: DataFrame, erased: Erased) -> DataFrame:
    """Take the erased people out of records.

    In and out: one row per record, new or of the history, the same columns. Where an erased person acted, `PERSONAL`
    goes; who received a share is another's event and only gets the pseudonym. The fingerprint is hashed with the key,
    once, since it could be guessed from the person's data: what was a repetition or a conflict remains one, whether
    the record is erased before it is published or afterwards.
    """
    people = ("user_id", "shared_with_user_id")
    hashed = records.crossJoin(F.broadcast(erased.pads)).select(
        "*", *[_hash(F.col(name)).alias(f"{name}_hash") for name in people]
    )
    is_erased = {name: _is_in(F.col(f"{name}_hash"), erased.ids) for name in people}
    pseudonyms = [PSEUDONYM_PREFIX + identifier for identifier in erased.ids]
    was_erased = reduce(or_, [_is_in(F.col(name), pseudonyms) for name in people])
    changes = {
        name: F.when(condition, F.concat(F.lit(PSEUDONYM_PREFIX), F.col(f"{name}_hash"))).otherwise(F.col(name))
        for name, condition in is_erased.items()
    }
    changes |= {name: F.when(~is_erased["user_id"], F.col(name)) for name in PERSONAL}
    fingerprint = F.col("content_fingerprint")
    changes["content_fingerprint"] = F.when(
        reduce(or_, is_erased.values()) & ~was_erased, _hash(fingerprint)
    ).otherwise(fingerprint)
    return hashed.select(*[changes.get(name, F.col(name)).alias(name) for name in records.columns])


def redact(described: DataFrame, erased: Erased) -> DataFrame:
    """Take the text, its hash and all values out of refused records that mention an erased person.

    In: one row per refused record (`quarantine.describe_quarantined`). Out: the same columns, and `is_redacted`, true
    or NULL; what was redacted before stays so. A record mentions a person whose id it states or holds anywhere in its
    text. Names are no ids: they count only where the record states nobody else as its user.
    """
    if "is_redacted" not in described.columns:
        described = described.withColumn("is_redacted", F.lit(None).cast("boolean"))
    keyed = described.crossJoin(F.broadcast(erased.pads))
    kept = F.coalesce(F.col("raw"), F.unbase64("raw_base64").cast("string"), F.lit(""))
    words = F.concat(*[F.regexp_extract_all(kept, F.lit(pattern), F.lit(1)) for pattern in _MENTIONS])
    stated = {
        name: F.try_element_at("details.fields", F.lit(name))
        for name in ("user_id", "shared_with_user_id", "user_name", "user_email")
    }
    found = F.array_union(F.array_distinct(words), F.array_compact(F.array(*stated.values())))
    hashes = F.transform(found, _hash)
    mentions = F.exists(hashes, lambda word: _is_in(word, erased.ids))
    names = F.exists(hashes, lambda word: _is_in(word, erased.names)) & stated["user_id"].isNull()
    marked = keyed.withColumn("is_redacted", F.when(mentions | names | F.col("is_redacted"), True))
    details = F.col("details")
    without_values = details.withField(
        "problems",
        F.transform("details.problems", lambda problem: problem.withField("value", F.lit(None).cast("string"))),
    ).withField("fields", F.lit(None).cast("map<string, string>"))
    changes = {name: F.when(F.col("is_redacted").isNull(), F.col(name)) for name in ("raw", "raw_base64", "raw_sha256")}
    changes["details"] = F.when(F.col("is_redacted"), without_values).otherwise(details)
    return marked.select(*[changes.get(name, F.col(name)).alias(name) for name in described.columns])


def find_names(described: DataFrame, erased: Erased) -> DataFrame:
    """One row per name or address (`name`) that the erased people's own refused records state.

    In: one row per refused record (`quarantine.describe_quarantined`).
    """
    stated = {name: F.try_element_at("details.fields", F.lit(name)) for name in ("user_id", "user_name", "user_email")}
    own = described.crossJoin(F.broadcast(erased.pads)).filter(_is_in(_hash(stated["user_id"]), erased.ids))
    names = own.select(F.explode(F.array(stated["user_name"], stated["user_email"])).alias("name"))
    return names.filter(F.col("name").isNotNull()).distinct()


def _hash(text: Column) -> Column:
    """HMAC-SHA256 of the text, in hex, cut; NULL for NULL."""
    inner = F.sha2(F.concat("inner_pad", text.cast("binary")), 256)
    return F.substring(F.sha2(F.concat(F.col("outer_pad"), F.unhex(inner)), 256), 1, _HASH_DIGITS)


def _is_in(value: Column, values: list[str]) -> Column:
    return F.coalesce(value.isin(values), F.lit(False)) if values else F.lit(False)
