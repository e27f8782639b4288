"""Works with the quarantine folder: Spark writes, reads and rewrites it, and people's queries read it line by line."""
