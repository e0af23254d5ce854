"""Fresh databases for a measurement: a file, or a database of its own on the server named by --url."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from remit.ledger import Ledger


@contextlib.asynccontextmanager
async def fresh_ledger(url: str | None) -> AsyncIterator[Ledger]:
    """An empty ledger, gone afterwards. The role in `url` must be allowed to create databases."""
    async with contextlib.AsyncExitStack() as stack:
        if url is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="remit-benchmark-"))
            address = f"sqlite:///{Path(folder) / 'ledger.db'}"
        else:
            address = await stack.enter_async_context(database(url))
        ledger = await Ledger.open(address)
        stack.push_async_callback(ledger.close)
        yield ledger


@contextlib.asynccontextmanager
async def database(url: str) -> AsyncIterator[str]:
    """The address of an empty database on that server, gone afterwards."""
    name = f"remit_benchmark_{secrets.token_hex(4)}"
    server = make_url(url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield server.set(database=name).render_as_string(hide_password=False)
        finally:
            async with engine.connect() as connection:
                await connection.execute(text(f"DROP DATABASE {name}"))
    finally:
        await engine.dispose()


LOCKED = 4.0
"""Seconds for which a file is taken away."""


async def cut(address: str | None) -> None:
    """Take the ledger away: every connection of its database is cut, or its file is locked a while."""
    if address is None or address.startswith("sqlite"):
        path = (
            make_url(address).database
            if address
            else str(Path(os.environ["REMIT_HOME"]) / "ledger.db")
        )
        assert path is not None
        await asyncio.to_thread(_lock, path)
        return
    engine = create_async_engine(make_url(address).set(drivername="postgresql+asyncpg"))
    async with engine.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    await engine.dispose()


def _lock(path: str) -> None:
    with contextlib.closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as held:
        held.execute("BEGIN EXCLUSIVE")
        time.sleep(LOCKED)
        held.execute("ROLLBACK")
