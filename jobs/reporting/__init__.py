"""Writes the report: one HTML page, from one read of the database.

The package may import `storage` and `schemas`.
"""
