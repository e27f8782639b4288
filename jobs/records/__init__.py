"""Records in plain Python, without Spark or database: text -> typed event, or everything that is wrong with it."""

from jobs.records.event import Event
from jobs.records.problems import Problem, Quarantined
from jobs.records.reader import RecordReader, read_record

__all__ = ["Event", "Problem", "Quarantined", "RecordReader", "read_record"]
