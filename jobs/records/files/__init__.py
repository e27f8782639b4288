"""The content of a file -> its records, as bytes: JSON Lines, arrays, printed or concatenated values, gzip, UTF-16.

May import the standard library, pyarrow's file systems, `schemas` and `jobs.records.strict_json`; of this project
nothing else.
"""
