"""What a laptop has instead of a platform: an embedded PostgreSQL, Java, the JDBC driver."""
