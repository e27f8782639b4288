"""Plain Python: files -> records -> events or problems. No Spark, no database."""
