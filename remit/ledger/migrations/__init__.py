"""The ledger's schema, version by version, applied when it is opened."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

HEAD = "0003"
"""The newest version."""

_LOCK = 0x52656D69
"""Chosen once: whoever migrates a PostgreSQL ledger holds this advisory lock."""


def upgrade(connection: Connection) -> None:
    """Bring the schema to HEAD inside the caller's transaction."""
    if version(connection) == HEAD:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def upgrade_under_lock(connection: Connection) -> None:
    """`upgrade` on PostgreSQL, where several processes may open a new ledger at once."""
    if version(connection) == HEAD:
        return
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    upgrade(connection)


def version(connection: Connection) -> str | None:
    """What the database says that it is; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
