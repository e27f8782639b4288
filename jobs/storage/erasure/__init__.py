"""What is known of an erased person: the tombstones, and where the person stands in tables and texts."""
