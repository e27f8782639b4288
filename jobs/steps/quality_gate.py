"""The quality gate: it holds bad files back, or stops the whole run.

A file is bad if too large a share of its records is quarantined. A bad file among good ones is held back alone, and
none of its records count. The share over the whole run is computed from the other files. Nothing is lost: a file that
was held back leaves no row in the ledger of loaded files, so a later run can load it. The gate needs only counts, so it
reads no file.
"""

import logging
from dataclasses import dataclass, field, replace

from jobs.records.problems import count_reasons
from jobs.steps.file_quality import FileQuality, count_objects, describe_reasons, group_by_source
from jobs.steps.mapping_slips import describe_slips, join_observed
from jobs.storage.config.settings import QualityGate
from jobs.storage.errors import QualityError
from jobs.storage.runs.held_back import NO_PRECEDENTS, HeldBackFile, Precedents
from jobs.storage.wording import plural

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verdict:
    """What the gate decides: `bad_files` are held back, unless a `stop_reason` stops the whole run.

    `doubt` asks whether this machine's clock is right. It is set where a wrong clock may be the cause.
    """

    bad_files: list[FileQuality] = field(default_factory=list)
    stop_reason: str | None = None
    doubt: str | None = None

    @property
    def held_back(self) -> list[HeldBackFile]:
        return [] if self.stop_reason else [make_held_back(file) for file in self.bad_files]

    @property
    def held_back_ids(self) -> list[int]:
        return [] if self.stop_reason else [file.reading.file_id for file in self.bad_files]

    def raise_if_stopped(self) -> None:
        """Raise QualityError if the gate stops the run."""
        if self.stop_reason and self.stop_reason == self.doubt:
            raise QualityError(f"{self.doubt} Nothing was published. Set the clock, or set ACCEPT_QUALITY=1")
        if self.stop_reason:
            question = f". {self.doubt}" if self.doubt else ""
            raise QualityError(
                f"{self.stop_reason}; nothing was published. Fix the data or the mapping, or set ACCEPT_QUALITY=1"
                f"{question}"
            )


def find_bad_files(files: list[FileQuality], gate: QualityGate, known: Precedents = NO_PRECEDENTS) -> list[FileQuality]:
    """Return the files of which too many records are quarantined.

    A file that was accepted once is not bad again until bad records are added to it. So it may grow, and a full refresh
    may read it again.
    """
    return [file for file in files if gate.stops(file.quarantined, file.records) and not _was_accepted(file, known)]


def decide_verdict(
    files: list[FileQuality],
    gate: QualityGate,
    known: Precedents = NO_PRECEDENTS,
    *,
    drops_missing: bool = False,
    is_stream: bool = False,
) -> Verdict:
    """Decide whether to hold the bad files back or to stop the run.

    The run stops if the other files together are too bad, or if bad files are not the exception. They are not where the
    run has no good file, or where they outnumber the good ones. Files that the same mapping loaded before count as good
    ones here. A stream often loads a single file, so it needs no good file.
    """
    if not files:
        return Verdict()
    bad = find_bad_files(files, gate, known)
    bad_ids = {file.reading.file_id for file in bad}
    good = [file for file in files if file.reading.file_id not in bad_ids and file.records > file.quarantined]
    stop_reason = describe_stop(files, bad, gate)
    if _find_too_bad_together(files, gate):
        return Verdict(bad, stop_reason)
    if drops_missing and (loaded := [file.uri for file in bad if file.uri in known.readings]):
        loss = f"DROP_MISSING=1 can't hold back {loaded[0]}, since the events of its former reading would be lost"
        return Verdict(bad, f"{stop_reason}; {loss}")
    if bad and (len(bad) > len(good) + known.good_files or not (good or is_stream)):
        return Verdict(bad, stop_reason)
    return Verdict(bad)


def pass_gate(
    files: list[FileQuality],
    gate: QualityGate,
    known: Precedents = NO_PRECEDENTS,
    *,
    accept: bool,
    drops_missing: bool = False,
    is_stream: bool = False,
    is_first_load: bool = False,
) -> Verdict:
    """Decide the verdict and log its reasons. With `accept` nothing is held back or stopped.

    The run also stops if all its records are in the future, since the clock may be wrong. This needs the gate's least
    number of records, but not in a first load: there no earlier load shows that the clock is right.
    """
    verdict = decide_verdict(files, gate, known, drops_missing=drops_missing, is_stream=is_stream)
    if doubt := describe_doubt(files):
        if _are_all_in_future(files, 1 if is_first_load else gate.from_records):
            verdict = Verdict(verdict.bad_files, doubt, doubt)
        verdict = replace(verdict, doubt=doubt)
    _tell(files, verdict)
    if not accept:
        return verdict
    if verdict.stop_reason and verdict.stop_reason == verdict.doubt:
        logger.warning("%s Published all the same, as it was asked for", verdict.doubt)
    elif verdict.bad_files or verdict.stop_reason:
        stop_reason = describe_stop(files, verdict.bad_files, gate)
        logger.warning("%s; published all the same, as it was asked for", stop_reason)
    return Verdict()


def describe_doubt(files: list[FileQuality]) -> str | None:
    """Ask whether the clock is right, if being in the future is the most frequent problem of the new records."""
    reasons = count_reasons(group for file in files for group in file.groups)
    if not (in_future := reasons["timestamp_in_future"]) or in_future < max(reasons.values()):
        return None
    new_records = sum(file.records - file.earlier_records for file in files)
    return f"{in_future:,} of {new_records:,} records are in the future; is this machine's clock right?"


def _are_all_in_future(files: list[FileQuality], at_least: int) -> bool:
    """Return whether all new records are in the future, and there are `at_least` so many."""
    in_future = count_reasons(group for file in files for group in file.groups)["timestamp_in_future"]
    return at_least <= in_future == sum(file.records - file.earlier_records for file in files)


def describe_stop(files: list[FileQuality], bad: list[FileQuality], gate: QualityGate) -> str:
    """Describe how many records of the run are quarantined, and which of the bad files has the most of them."""
    records, quarantined = sum(file.records for file in files), sum(file.quarantined for file in files)
    worst = max(_find_too_bad_together(files, gate) or bad or files, key=lambda file: file.quarantined)
    alone = f"; {plural(len(bad), 'file is', 'files are')} beyond it alone" if bad else ""
    return (
        f"{quarantined:,} of {records:,} records are quarantined: more than the share of {gate.max_share:g} that the"
        f" settings tolerate; the most are in {worst.uri} ({worst.quarantined:,} of {worst.records:,}){alone}"
    )


def _find_too_bad_together(files: list[FileQuality], gate: QualityGate) -> list[FileQuality]:
    """Return the files that are not bad by themselves, if together they are too bad; else none."""
    passing = [file for file in files if not gate.stops(file.quarantined, file.records)]
    stops = gate.stops(sum(file.quarantined for file in passing), sum(file.records for file in passing))
    return passing if stops else []


def make_held_back(file: FileQuality) -> HeldBackFile:
    """Make the row of a file that is held back. It must quote no record: an erasure does not search these rows."""
    reading = file.reading
    reasons = ", ".join(
        f"{reason} {count:,} (such as record {number})" for reason, count, number in file.count_reasons()
    )
    return HeldBackFile(
        file_path=reading.file.uri,
        size_bytes=reading.file.size_bytes,
        modified_at=reading.file.modified_at,
        source=reading.source.name,
        mapping_hash=reading.source.mapping_hash,
        records=file.records,
        quarantined=file.quarantined,
        why=f"{file.quarantined:,} of {file.records:,} records are quarantined: {reasons}",
    )


def _tell(files: list[FileQuality], verdict: Verdict) -> None:
    """Warn of slips in the mappings. Where files are bad, also log why their records are quarantined."""
    for source, group in group_by_source(files):
        observed = join_observed(file.observed for file in group)
        for line in describe_slips(source, observed, count_objects(group)):
            logger.warning("%s", line)
    if verdict.bad_files or verdict.stop_reason:
        for line in describe_reasons(verdict.bad_files or files):
            logger.warning("%s", line)


def _was_accepted(file: FileQuality, known: Precedents) -> bool:
    """Return whether the file is no worse than its current reading: no fewer records, no more quarantined ones."""
    records, quarantined = known.readings.get(file.uri, (0, -1))
    return file.records >= records and file.quarantined <= quarantined
