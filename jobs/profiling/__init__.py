"""Looks into an unknown log: shows what is in a sample, guesses our fields, and writes a first draft of a mapping.

The package may import `records`, `storage` and `schemas`. It starts neither Spark nor a database.
"""
