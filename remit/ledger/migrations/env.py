"""Alembic runs this: the connection comes from `remit.ledger.migrations.upgrade`."""

from __future__ import annotations

from alembic import context

from remit.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
