"""Event logs where they lie: which files there are, what they look like, and Spark's way to their records."""
