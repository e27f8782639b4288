"""Works with PostgreSQL: connections, migrations, roles, our own objects, indexes, views, vacuum."""
