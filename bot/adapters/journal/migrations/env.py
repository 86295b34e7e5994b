"""Runs the migrations on the connection that the journal hands over, in its transaction."""

from alembic import context

from bot.adapters.journal.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
