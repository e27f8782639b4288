"""The world: files, quarantine, PostgreSQL, the run ledger. No business rule inside."""
