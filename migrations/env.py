"""Alembic's environment: one connection handed over by app.core.migrations, with lock and statement timeouts."""

from __future__ import annotations

from alembic import context

from app.core.migrations import is_ours
from app.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    include_object=is_ours,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
