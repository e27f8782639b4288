"""Record text -> one text column per field, by the explicit schema that the source's mapping implies.

Every leaf is read as a string. A typed read schema would flag a whole record as corrupt for one odd value, and
would let column pruning decide what is corrupt; here a record is well formed or not, and validation judges values.
"""

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.transforms.text import is_filled, strip
from schemas.fields import FIELDS, Path, Source

_JSON_OPTIONS = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false"}

_NUL_ESCAPE = "\\u0000"
_MISTAKE = "mistake"

# Everything up to the first surrogate escape without its other half, and that escape. Spark would turn it into `?`
# unseen. Each match goes on where the last one ended (\G), so that no escaped backslash is taken for the start of an
# escape; possessive, so that Java needs no stack for a long text.
_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_LONE_SURROGATE = rf"\G((?:[^\\]++|\\[^u]|\\u(?![dD][89a-fA-F])|{_HIGH}{_LOW})*+)(?:{_HIGH}|{_LOW})"


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
    fields = [_read_field(name, source).alias(name) for name in FIELDS]
    # In free text an object is welcome, but the JSON text of one with a NUL spells it as an escape.
    in_question = {name: F.lit(True) if kind != "text" else F.col("has_nul") for name, kind in FIELDS.items()}
    containers = F.concat_ws(
        ",", *[F.when(asked & _is_container(name, source), F.lit(name)) for name, asked in in_question.items()]
    )
    verdicts = ["is_text", "is_json", "is_object", "has_nul"]
    return opened.select(*records.columns, *verdicts, *fields, containers.alias("containers"))


def _read_json(records: DataFrame, keys: Iterable[str]) -> DataFrame:
    """Adds `json` (the text that was parsed), the three verdicts, and `object`, the top-level keys as a struct.

    The text is parsed inside a list: two values on a line, or anything behind the first, make it malformed or longer
    than one. Only a `]` can still hide a tail, so only lines with one pay for the strict gate. The list stands in an
    object because only there Spark says that it went on behind a mistake: `{"device":{,}}` has a NULL device else.
    """
    raw = F.col("raw")
    is_text = F.is_valid_utf8(raw) & F.col("framing_error").isNull()
    json = F.when(
        is_text,
        F.when(raw.contains("\\u"), F.regexp_replace(raw, _LONE_SURROGATE, r"$1\\u0000")).otherwise(raw),
    )
    texts = records.select("*", is_text.alias("is_text"), json.alias("json"))
    schema = T.StructType(
        [T.StructField("objects", T.ArrayType(_strings(keys))), T.StructField(_MISTAKE, T.StringType())]
    )
    wrapped = F.concat(F.lit('{"objects":['), F.col("json"), F.lit("]}"))
    parsed = F.from_json(wrapped, schema, {**_JSON_OPTIONS, "columnNameOfCorruptRecord": _MISTAKE})
    # A generator is a barrier: without it the optimizer copies from_json into every expression that reads it.
    lists = texts.select("*", F.inline(F.array(parsed)))
    is_whole = F.col("json").isNotNull() & F.col(_MISTAKE).isNull()
    one_object = is_whole & (F.size("objects") == 1) & F.get("objects", F.lit(0)).isNotNull()
    has_bracket = F.col("json").contains("]")
    is_object = F.when(one_object, F.when(has_bracket, _is_strict_json()).otherwise(True)).otherwise(False)
    judged = lists.select("*", is_object.alias("is_object"))
    return judged.select(
        *texts.columns,
        "is_object",
        F.when(F.col("is_object"), True).otherwise(_is_strict_json()).alias("is_json"),
        # A bare NUL is no JSON, so that only its escape can bring one.
        F.col("json").contains(_NUL_ESCAPE).alias("has_nul"),
        F.when(F.col("is_object"), F.get("objects", F.lit(0))).alias("object"),
    )


def _is_strict_json() -> Column:
    """Exactly one JSON value: what closes the list does not close the object, and the other way round.

    Two levels around it, as in `_read_json`: how deep a record may go must not hang on who parses it.
    """
    in_list = F.expr("try_parse_json(concat('[', json, ']'))")
    in_object = F.expr("""try_parse_json(concat('{"_":{"_":', json, '}}'))""")
    return F.coalesce(in_list.isNotNull() & in_object.isNotNull(), F.lit(False))


def _open_objects(records: DataFrame, paths: Iterable[Path]) -> DataFrame:
    """Adds a struct column for every object that a path leads through, one level at a time."""
    depth = 1
    while inner := sorted({path[:depth] for path in paths if len(path) > depth}):
        structs = []
        for node in inner:
            keys = {path[depth] for path in paths if len(path) > depth and path[:depth] == node}
            text = _leaf(node)
            # Whatever is no object yields nothing, so that the field's next path is tried.
            opened = F.from_json(F.when(F.startswith(text, F.lit("{")), text), _strings(keys), _JSON_OPTIONS)
            structs.append(opened.alias(_struct_name(node)))
        records = records.select("*", F.inline(F.array(F.struct(*structs))))
        depth += 1
    return records


def _read_field(name: str, source: Source) -> Column:
    """The field's constant, or its first filled path; ids stripped, prefixed and translated."""
    text = _first_filled(name, source)
    if name in source.constants:
        text = F.lit(source.constants[name])
    if name == "event_id" and name not in source.fields:
        text = F.when(F.col("is_object"), F.md5(F.expr("to_json(try_parse_json(json))")))
    if name == "event_id" and source.id_prefix:
        text = F.concat(F.lit(source.id_prefix), text)
    if name == "event_type" and source.event_types:
        types = F.create_map(*[F.lit(word) for pair in source.event_types.items() for word in pair])
        text = F.coalesce(F.try_element_at(types, text), text)
    return text


def _first_filled(name: str, source: Source) -> Column:
    leaves = [_leaf(path) for path in source.fields.get(name, ())]
    if FIELDS[name] != "text":
        filled = [F.nullif(strip(leaf), F.lit("")) for leaf in leaves]
    else:
        filled = [F.when(is_filled(leaf), leaf) for leaf in leaves]
    if name == "content":
        filled += leaves  # a blank document is a document of no words, not a missing one
    return F.coalesce(*filled) if filled else F.lit(None).cast("string")


def _is_container(name: str, source: Source) -> Column:
    """True where the chosen path holds an object or a list; looked up only where the text looks like one."""
    paths = source.fields.get(name, ())
    if not paths:
        return F.lit(False)
    found = [F.when(is_filled(_leaf(path)), _holds_container(path)) for path in paths]
    return F.when(_first_filled(name, source).rlike(r"^[\[{]"), F.coalesce(*found))


def _holds_container(path: Path) -> Column:
    """True for an object or a list. Not by schema_of_variant, whose stack a deep one overflows."""
    parent = F.col("json") if len(path) == 1 else _leaf(path[:-1])
    schema = T.StructType([T.StructField(path[-1], T.VariantType())])
    value = F.from_json(parent, schema).getField(path[-1])
    in_list, in_object = (F.try_variant_get(value, "$", kind) for kind in ("array<variant>", "map<string, variant>"))
    return in_list.isNotNull() | in_object.isNotNull()


def _leaf(path: Path) -> Column:
    struct = _struct_name(path[:-1]).replace("`", "``")
    return F.col(f"`{struct}`").getField(path[-1])


def _struct_name(node: Path) -> str:
    return "/".join(("object", *node))


def _strings(keys: Iterable[str]) -> T.StructType:
    return T.StructType([T.StructField(key, T.StringType()) for key in sorted(keys)])
