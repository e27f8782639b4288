"""`read_record`, the function for other programs, and the packages that jobs/records may import."""

import ast
import doctest
import json
import re
import subprocess
import sys

from jobs.records import Event, read_record
from jobs.records.reader import read_default_source
from jobs.records.validate import Limits
from jobs.storage.config.settings import read_settings
from tests.builders import ROOT, default_source, record_json

PACKAGE = ROOT / "jobs" / "records"


def test_text_and_bytes_are_read_by_the_default_mapping() -> None:
    event = read_record(record_json(comment_text="\u00e9"))
    assert isinstance(event, Event)
    assert event == read_record(record_json(comment_text="\u00e9").encode())
    assert event.comment_text == "\u00e9"


def test_the_default_mapping_is_that_of_the_job() -> None:
    job, ours = default_source(), read_default_source()
    assert (ours.fields, ours.default_time_zone) == (job.fields, job.default_time_zone)
    assert (job.record_path, job.constants, job.event_types, job.namespace) == ((), {}, {}, "")


def test_the_default_limits_are_those_of_the_settings() -> None:
    assert read_settings(ROOT / "conf" / "pipeline.yml").limits == Limits()


def test_the_guide_shows_the_example_of_read_record() -> None:
    guide = (ROOT / "conf" / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    (example,) = [example for example in examples if "read_record" in example]
    test = doctest.DocTestParser().get_doctest(example, {}, "conf/README.md", None, None)
    runner = doctest.DocTestRunner()
    runner.run(test)
    assert runner.tries > 1
    assert runner.failures == 0


PLAIN_SCHEMAS = {"schemas.fields", "schemas.columns", "schemas.event_types", "schemas.paths", "schemas.read_names"}


def test_the_package_imports_neither_spark_nor_a_database_nor_other_layers() -> None:
    allowed = {*sys.stdlib_module_names, "msgspec", "pyarrow", "iregexp_check", "jsonpath_rfc9535", "lxml"}
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                is_ours = name in PLAIN_SCHEMAS or f"{name}.".startswith("jobs.records.")
                assert is_ours or name.partition(".")[0] in allowed, f"{path.name} imports {name}"


def test_the_package_loads_neither_spark_nor_a_database() -> None:
    names = sorted(f"jobs.records.{path.stem}" for path in PACKAGE.glob("*.py") if path.stem != "__init__")
    program = f"import json, sys, {', '.join(names)}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = json.loads(done.stdout)
    assert "jobs.records.reader" in loaded
    forbidden = re.compile(r"(pyspark|psycopg2|pandas|numpy|yaml|jobs\.(?!records)\w+|schemas\.tables)(\.|$)")
    assert [name for name in loaded if forbidden.match(name)] == []
