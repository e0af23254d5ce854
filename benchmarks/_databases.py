"""Fresh databases for a measurement: a file, or a database of its own on the server named by --url."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
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
            address = await stack.enter_async_context(_database(url))
        ledger = await Ledger.open(address)
        stack.push_async_callback(ledger.close)
        yield ledger


@contextlib.asynccontextmanager
async def _database(url: str) -> AsyncIterator[str]:
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
