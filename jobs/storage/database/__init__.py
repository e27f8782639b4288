"""PostgreSQL: connections, migrations, roles, what in it is ours, views and checks."""
