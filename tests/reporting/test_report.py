"""`make report` writes the page, or says in one line why there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs import report
from tests.metrics.rows import create_tables
from tests.reporting.conftest import url_of


def run_report(capsys: pytest.CaptureFixture[str], path: Path) -> tuple[int, str, str]:
    """Returns (exit code, standard output, standard error)."""
    code = report.main(["--output", str(path)])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_the_report_is_one_file_whose_path_is_printed(
    filled_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", url_of(filled_database))
    code, out, error = run_report(capsys, tmp_path / "new" / "index.html")
    assert (code, error, out.count("\n")) == (0, "", 1)
    assert out.strip().endswith((tmp_path / "new" / "index.html").as_uri())
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["index.html"]


def test_before_any_load_the_message_says_what_to_do(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    code, out, error = run_report(capsys, tmp_path / "index.html")
    assert (code, out, error.count("\n"), list(tmp_path.iterdir())) == (2, "", 1, [])
    assert "`make pipeline` makes the tables" in error


def test_empty_tables_have_another_message_than_missing_tables(
    database: Any,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    create_tables(database)
    database.commit()
    monkeypatch.setenv("DATABASE_URL", database_url)
    code, out, error = run_report(capsys, tmp_path / "index.html")
    assert (code, out, error.splitlines()[1:]) == (2, "", [])
    assert error.startswith("error: no event has been published yet")


def test_unreachable_database_is_exit_code_4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/nothing")
    code, out, error = run_report(capsys, tmp_path / "index.html")
    assert (code, out, error.count("\n")) == (4, "", 1)
    assert "s3cret" not in error


def test_place_that_can_not_be_written_is_one_line(
    filled_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DATABASE_URL", url_of(filled_database))
    code, out, error = run_report(capsys, tmp_path / "file" / "index.html")
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert "can't be written" in error
