"""Pure functions from DataFrame to DataFrame: deduplication, sessions, users, documents, tables.

These modules may import `records` and `schemas`. They use no Spark session, path, clock or database.
"""
