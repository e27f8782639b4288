"""The content of a file -> its records, as bytes: JSON Lines, arrays, printed or concatenated values, gzip, UTF-16.

Imports the standard library, pyarrow's file systems, `schemas` and `jobs.records.values`, and nothing else of this project.
"""
