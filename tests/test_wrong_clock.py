"""The quality gate asks whether the clock is right, where records of the future stop a run."""

from dataclasses import replace

import pytest

from jobs.records.problems import QuarantinedGroup
from jobs.steps.file_quality import FileQuality
from jobs.steps.quality_gate import pass_gate
from jobs.storage.errors import QualityError
from tests.test_quality import GATE, files


def of_the_future(records: int, count: int) -> FileQuality:
    """A file of that many records, of which so many are in the future and quarantined."""
    (file,) = files((records, 0))
    group = QuarantinedGroup(file.reading.file_id, ("timestamp_in_future",), (), count, 1, "{}")
    return replace(file, groups=[group])


@pytest.mark.parametrize(
    ("records", "count", "is_first_load", "is_stopped"),
    [(1, 1, True, True), (10, 9, True, False), (19, 19, False, False), (20, 20, False, True)],
    ids=["alone in a first load", "not alone", "a few alone in a later load", "many alone in a later load"],
)
def test_records_of_the_future_that_stop_a_load(
    records: int, count: int, is_first_load: bool, is_stopped: bool
) -> None:
    verdict = pass_gate([of_the_future(records, count)], GATE, accept=False, is_first_load=is_first_load)
    question = f"{count} of {records} records are in the future; is this machine's clock right?"
    assert verdict.stop_reason == (question if is_stopped else None)
    assert verdict.doubt == question


def test_a_stop_for_which_the_future_is_the_commonest_reason_asks_too() -> None:
    verdict = pass_gate([of_the_future(100, 99)] * 3, GATE, accept=False)
    question = r"ACCEPT_QUALITY=1\. 297 of 300 records are in the future; is this machine's clock right\?$"
    with pytest.raises(QualityError, match=question):
        verdict.raise_if_stopped()
