"""A stream in processes of its own that is told to stop; tests/test_stream.py stops one in the process of the test."""

from pathlib import Path

from jobs.simulation.live import appear
from tests.faults.harness import SECONDS, wait_until
from tests.loading import query
from tests.test_stream import RUNNING, count, lines, submitted


def test_a_stream_that_is_told_to_stop_ends_its_batch_first(database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    appear(folder / "a.jsonl", lines("a"))
    with submitted(database_url, folder, tmp_path / "data") as job:
        wait_until(lambda: count(database_url, "ops.ingested_files") == 1)
        appear(folder / "b.jsonl", lines("b"))
        wait_until(lambda: count(database_url, RUNNING) == 1)
        job.terminate()
        assert job.wait(SECONDS) == 0
    assert (tmp_path / "output").read_text().splitlines()[-1].startswith("stopped;")
    assert query(database_url, "select count(*) from events") == [(2,)]
