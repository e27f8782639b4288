"""Every input and output schema, once."""
