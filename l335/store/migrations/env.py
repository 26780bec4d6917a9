"""Runs the migrations on the connection the store hands over."""

from alembic import context

from l335.store.tables import metadata

# SQLite can hardly alter a table; Alembic copies it instead.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the store's own transaction is around everything
)
with context.begin_transaction():
    context.run_migrations()
