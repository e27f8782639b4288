"""An unknown log: what is in a sample of it, which of our fields that might be, and a first draft of a mapping.

May import `records`, `storage` and `schemas`; neither Spark nor a database is started.
"""
