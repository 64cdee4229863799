"""Alembic's entry: one transaction for the whole upgrade, on the engine that was handed in."""

from typing import Any

import sqlalchemy as sa
from alembic import context

from models.tables import metadata

LOCK = 0x4869726661  # "Hirfa": one process migrates, the others wait


def run(engine: sa.Engine) -> None:
    """Upgrade under a lock, so that two processes starting together do it once."""
    with engine.connect() as connection:
        options: dict[str, Any] = {"target_metadata": metadata, "render_as_batch": True}
        context.configure(connection=connection, transactional_ddl=True, **options)
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            context.run_migrations()


run(context.config.attributes["engine"])
