"""Reads records in plain Python, without Spark and without a database.

The text of a record becomes a typed event, or a list of everything that is wrong with it.
"""

from jobs.records.event import Event
from jobs.records.problems import Problem, Quarantined
from jobs.records.reader import RecordReader, read_record

__all__ = ["Event", "Problem", "Quarantined", "RecordReader", "read_record"]
