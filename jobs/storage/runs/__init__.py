"""A run from its start to its end: lock, ledger, staging, publishing, summary."""
