"""Pure functions DataFrame -> DataFrame: no session, path, clock or database inside."""
