"""The report: one HTML page, from one read of the database.

May import `storage` and `schemas`.
"""
