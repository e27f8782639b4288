"""Pure functions, DataFrame -> DataFrame: deduplication, sessions, users, documents, tables.

May import `records` and `schemas`. No session, path, clock or database inside.
"""
