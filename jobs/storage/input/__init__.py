"""Finds the files of event logs, looks at their format, and lets Spark read their records."""
