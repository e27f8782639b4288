"""Checks a mapping as a whole. Its keys may be valid one by one, and still not fit together."""

from dataclasses import replace

from jobs.records.observed import Observed
from jobs.records.source_fields import make_fields
from jobs.records.validate import Limits, WrongValueError
from jobs.storage.config.yaml_file import YamlFile
from schemas.fields import FIELDS, REQUIRED, TIMES, Source
from schemas.paths import Path, Place, Query, Sum


def check_source(file: YamlFile, source: Source) -> None:
    """Raise UsageError, with the line and what to write instead, if the mapping would give wrong or no records."""
    _check_fields(file, source)
    _check_constants(file, source)
    _check_sums(file, source)
    _check_levels(file, source)
    _check_properties(file, source)


def _check_fields(file: YamlFile, source: Source) -> None:
    for key, names in (("fields", source.fields), ("constants", source.constants)):
        for name in names:
            if name not in FIELDS:
                raise file.wrong(f"is an unknown field; known are {', '.join(FIELDS)}", key, name)
    if "event_id" in source.constants:
        raise file.wrong("can't be a constant; all records would be one", "constants", "event_id")
    for name in REQUIRED[1:]:  # an unmapped event id is derived from the content
        if name not in source.fields and name not in source.constants:
            raise file.wrong(f"{name} is missing; say where the records have it", "fields")
    if source.identity and "event_id" in source.fields:
        raise file.wrong("is for records without an event id, and `fields` says where it is; keep one", "identity")
    for name in source.time_formats:
        if name not in source.fields:
            raise file.wrong("is not among `fields`; say there where the records have it", "time_formats", name)


def _check_constants(file: YamlFile, source: Source) -> None:
    for field in make_fields(replace(source, fields={}), Limits(), Observed()):
        if field.name in source.constants:
            value = source.constants[field.name]
            try:
                field.read(value)
            except WrongValueError as wrong:
                raise file.wrong(f"is {value!r}; it must be {wrong.expected}", "constants", field.name) from wrong


def _check_levels(file: YamlFile, source: Source) -> None:
    """Raise UsageError for a path that leads further out than the objects around a record."""
    named: list[tuple[Path, tuple[str, ...]]]
    named = [(path, ("fields", name)) for name, paths in source.fields.items() for path in paths]
    named += [(path, ("identity",)) for path in source.identity]
    named += [(path, ("ignore", str(path))) for path, _ in source.ignore]
    named += [(path, ("properties",)) for path in source.property_paths]
    for path, keys in named:
        if (path.level or isinstance(path, Place)) and not source.record_path:
            raise file.wrong(
                f"{path} reads from around a record; that needs a record_path to the list that the record is in", *keys
            )
        if path.level > len(source.record_path):
            raise file.wrong(
                f"{path} leads further out than the {len(source.record_path)} objects of record_path", *keys
            )


def _check_sums(file: YamlFile, source: Source) -> None:
    for name, paths in source.fields.items():
        for path in paths:
            if isinstance(path, Sum) and name not in TIMES:
                raise file.wrong(
                    f"is {str(path)!r}; a sum is for times only, which are {', '.join(TIMES)} (a name with ` + ` in it"
                    ' is written ["a + b"])',
                    "fields",
                    name,
                )


def _check_properties(file: YamlFile, source: Source) -> None:
    for path in source.list_read_paths() if source.keeps_all else ():
        if isinstance(path, Query) and path.may_read_anything:
            raise file.wrong(f"can't be all, since {path} may read anything; name the paths", "properties")
