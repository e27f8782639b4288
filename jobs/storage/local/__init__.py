"""Provides what a laptop lacks: an embedded PostgreSQL, a Java that Spark runs on, the JDBC driver."""
