"""Carries a run from its start to its end: ledger, staging, publishing, checks, summary."""
