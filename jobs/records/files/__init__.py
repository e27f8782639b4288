"""Splits the content of a file into records: JSON Lines, arrays, printed or concatenated values, gzip, UTF-16.

Of this project, the package imports only `schemas` and `jobs.records.values`.
"""
