"""The journal: one contract over memory, SQLite and PostgreSQL, and what each alone has."""
