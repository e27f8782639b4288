"""Simulates event logs, and writes the right answers for them.

The package may import `schemas`. It shares no other code with the pipeline, because the answers test the pipeline.
"""
