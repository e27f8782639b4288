"""Record text -> one text column per field, by the explicit schema that the source's mapping implies.

Every leaf is read as a string. A typed read schema would flag a whole record as corrupt for one odd value, and
would let column pruning decide what is corrupt; here a record is well formed or not, and validation judges values.

A number becomes the text of the double that it is, unless it is written as a whole number: 1.10, 1.1 and 11e-1 are one
id, as they are one number to every reader of JSON (RFC 8259, section 6). A producer whose ids must be kept apart by
their spelling writes them as strings; the same goes for numbers inside an object that a text field takes as its text.
"""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.transforms.text import is_filled, strip
from jobs.transforms.uncompiled import uncompiled
from schemas.fields import FIELDS, Path, Source

_JSON_OPTIONS = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false"}

_NUL_ESCAPE = "\\u0000"
_MISTAKE = "mistake"

# Everything up to the first surrogate escape without its other half, and that escape. Spark would turn it into `?`
# unseen. Each match goes on where the last one ended (\G), so that no escaped backslash is taken for the start of an
# escape; possessive, so that Java needs no stack for a long text.
_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_LONE_SURROGATE = rf"\G((?:[^\\]++|\\[^u]|\\u(?![dD][89a-fA-F])|{_HIGH}{_LOW})*+)(?:{_HIGH}|{_LOW})"
# An escape that is none, behind an even number of backslashes. Jackson, which parses for Spark, looks at the lower byte
# of a character only, so that it takes U+0663, an Arabic three, for the c that has the same one.
_NO_ESCAPE = r"(?<!\\)(?:\\\\)*+\\u(?![0-9a-fA-F]{4})"
# Where an object may end before its record does.
_OBJECT_END = r"\}[ \t\r\n]*[,\]]"


def parse(records: DataFrame, source: Source) -> DataFrame:
    """Read the mapped fields out of each record.

    In: one row per record (`schemas.tables.RECORD`), blank lines left out.
    Out: one row per record: the same columns; `is_text` (valid UTF-8), `is_json`, `is_object`, `has_nul` (some field
    may hold a NUL); one text column per field of `schemas.fields.FIELDS`, NULL where missing or blank; `containers`,
    the names, joined by commas, of the fields that hold an object or a list where a scalar belongs, or where a NUL may
    be in it.
    """
    paths = {path for alternatives in source.fields.values() for path in alternatives}
    opened = _open_objects(_read_json(records, {path[0] for path in paths}), paths)
    filled = opened.select(
        "*",
        F.col("object").isNotNull().alias("is_object"),
        *[_first_filled(name, source).alias(name) for name in FIELDS],
    )
    is_json = F.when(F.col("is_object"), True).otherwise(_is_strict_json())
    named = filled.select("*", is_json.alias("is_json"), _name_containers(source).alias("containers"))
    fields = [_shape_field(name, source).alias(name) for name in FIELDS]
    verdicts = ["is_text", "is_json", "is_object", "has_nul"]
    return named.select(*records.columns, *verdicts, *fields, "containers")


def _read_json(records: DataFrame, keys: Iterable[str]) -> DataFrame:
    """Adds `is_text`, `has_escape` (a backslash is in the text), `has_nul`, and `object`: the top-level keys as a
    struct, NULL where the text is not one JSON object.

    The text is parsed inside a list: two values on a line, or anything behind the first, make it malformed or longer
    than one. The list stands in an object because only there Spark says that it went on behind a mistake:
    `{"device":{,}}` has a NULL device else.
    """
    raw = F.col("raw")
    texts = records.select(
        "*",
        (F.is_valid_utf8(raw) & F.col("framing_error").isNull()).alias("is_text"),
        raw.contains("\\").alias("has_escape"),
    )
    json = F.when(F.col("has_escape"), _check_escapes(raw)).otherwise(raw)
    wrapped = F.concat(F.lit('{"objects":['), json, F.lit("]}"))
    # A bare NUL is no JSON, so that only its escape can bring one.
    has_nul = F.when(F.col("is_text") & F.col("has_escape"), json.contains(_NUL_ESCAPE)).otherwise(False)
    marked = texts.select("*", F.when(F.col("is_text"), wrapped).alias("wrapped"), has_nul.alias("has_nul"))
    schema = T.StructType(
        [T.StructField("objects", T.ArrayType(_strings(keys))), T.StructField(_MISTAKE, T.StringType())]
    )
    parsed = F.from_json(F.col("wrapped"), schema, {**_JSON_OPTIONS, "columnNameOfCorruptRecord": _MISTAKE})
    # A generator is a barrier: without it the optimizer copies from_json into every expression that reads it.
    lists = marked.select(*texts.columns, "has_nul", F.inline(F.array(parsed)))
    is_whole = F.col("is_text") & F.col(_MISTAKE).isNull()
    one_object = is_whole & (F.size("objects") == 1) & F.get("objects", F.lit(0)).isNotNull()
    is_object = F.when(_may_hide_a_tail(), _is_strict_json()).otherwise(True)
    found = F.when(F.when(one_object, is_object), F.get("objects", F.lit(0)))
    return lists.select(*texts.columns, "has_nul", found.alias("object"))


def _check_escapes(json: Column) -> Column:
    """`json` with NUL for every half of a surrogate pair; what no JSON parser takes where an escape is none."""
    has_surrogate = json.contains("\\ud") | json.contains("\\uD")
    marked = F.when(has_surrogate, F.regexp_replace(json, _LONE_SURROGATE, r"$1\\u0000")).otherwise(json)
    is_wrong = json.contains("\\u") & json.rlike(_NO_ESCAPE)
    return F.when(is_wrong, "\\u").otherwise(marked)


def _may_hide_a_tail() -> Column:
    """Only a `]` closes the list around a record, and a tail can only follow the end of an object."""
    raw = F.col("raw")
    return raw.contains("]") & (~raw.startswith("{") | raw.rlike(_OBJECT_END))


def _is_strict_json() -> Column:
    """Exactly one JSON value: what closes the list does not close the object, and the other way round.

    Two levels around it, as in `_read_json`: how deep a record may go must not hang on who parses it.
    """
    json = _check_escapes(F.col("raw"))
    in_list = F.try_parse_json(F.concat(F.lit("["), json, F.lit("]")))
    in_object = F.try_parse_json(F.concat(F.lit('{"_":{"_":'), json, F.lit("}}")))
    return uncompiled(F.coalesce(F.col("is_text") & in_list.isNotNull() & in_object.isNotNull(), F.lit(False)))


def _open_objects(records: DataFrame, paths: Iterable[Path]) -> DataFrame:
    """Adds a struct column for every object that a path leads through, one level at a time."""
    depth = 1
    while inner := sorted({path[:depth] for path in paths if len(path) > depth}):
        structs = []
        for node in inner:
            keys = {path[depth] for path in paths if len(path) > depth and path[:depth] == node}
            opened = F.from_json(F.when(_is_object(node), _leaf(node)), _strings(keys), _JSON_OPTIONS)
            structs.append(opened.alias(_struct_name(node)))
        records = records.select("*", *structs)
        depth += 1
    return records


def _is_object(path: Path) -> Column:
    """True for an object; whatever is none yields nothing, so that the field's next path is tried.

    A string can look like an object with keys only where something is escaped in the record.
    """
    looks_like_one = F.startswith(_leaf(path), F.lit("{"))
    return looks_like_one & (~F.col("has_escape") | uncompiled(_holds(path, "map<string, variant>")))


def _first_filled(name: str, source: Source) -> Column:
    """The value at the field's first path that is not blank; NULL where all are."""
    leaves = [_leaf(path) for path in source.fields.get(name, ())]
    filled = [F.when(is_filled(leaf), leaf) for leaf in leaves]
    if name == "content":
        filled += leaves  # a blank document is a document of no words, not a missing one
    return F.coalesce(*filled) if filled else F.lit(None).cast("string")


def _shape_field(name: str, source: Source) -> Column:
    """The field's constant, or what was found; ids stripped, prefixed and translated."""
    text = F.col(name) if FIELDS[name] == "text" else strip(F.col(name))
    if name in source.constants:
        text = F.lit(source.constants[name])
    if name == "event_id" and name not in source.fields:
        canonical = F.to_json(F.try_parse_json(_check_escapes(F.col("raw"))))
        text = F.when(F.col("is_object"), F.md5(canonical))
    if name == "event_id" and source.id_prefix:
        text = F.concat(F.lit(source.id_prefix), text)
    if name == "event_type" and source.event_types:
        types = F.create_map(*[F.lit(word) for pair in source.event_types.items() for word in pair])
        text = F.coalesce(F.try_element_at(types, text), text)
    return text


def _name_containers(source: Source) -> Column:
    """The names of the fields that hold an object or a list; looked up only where some text looks like one."""
    mapped = [name for name in FIELDS if source.fields.get(name)]
    looks_like_one = reduce(or_, [_looks_like_container(name) for name in mapped], F.lit(False))
    names = F.concat_ws(",", *[F.when(_is_container(name, source), F.lit(name)) for name in mapped])
    return F.when(looks_like_one, uncompiled(names)).otherwise("")


def _looks_like_container(name: str) -> Column:
    return F.startswith(F.col(name), F.lit("{")) | F.startswith(F.col(name), F.lit("["))


def _is_container(name: str, source: Source) -> Column:
    """True where the chosen path holds an object or a list that may be wrong there.

    In free text one is welcome, but its JSON text spells a NUL as an escape and a number that no double holds as
    "Infinity".
    """
    held = [
        F.when(is_filled(_leaf(path)), _holds(path, "map<string, variant>", "array<variant>"))
        for path in source.fields[name]
    ]
    may_be_wrong = _looks_like_container(name)
    if FIELDS[name] == "text":
        may_be_wrong &= F.col("has_nul") | F.col(name).contains('Infinity"')
    return F.when(may_be_wrong, F.coalesce(*held))


def _holds(path: Path, *kinds: str) -> Column:
    """True where the value is of one of the kinds. Not by schema_of_variant, whose stack a deep one overflows."""
    parent = _check_escapes(F.col("raw")) if len(path) == 1 else _leaf(path[:-1])
    schema = T.StructType([T.StructField(path[-1], T.VariantType())])
    value = F.from_json(parent, schema).getField(path[-1])
    return reduce(or_, [F.try_variant_get(value, "$", kind).isNotNull() for kind in kinds])


def _leaf(path: Path) -> Column:
    struct = _struct_name(path[:-1]).replace("`", "``")
    return F.col(f"`{struct}`").getField(path[-1])


def _struct_name(node: Path) -> str:
    return "object" + "".join(map(repr, node))


def _strings(keys: Iterable[str]) -> T.StructType:
    return T.StructType([T.StructField(key, T.StringType()) for key in sorted(keys)])
