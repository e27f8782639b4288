"""Erases a person: the tombstones, and where tables and texts mention the person."""
