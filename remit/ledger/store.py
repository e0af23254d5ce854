"""The ledger's database: how it is found, opened and written to.

SQLite is the embedded default, PostgreSQL serves more than one machine. Both are written in
transactions that are safe beside other processes: SQLite has one writer at a time
(BEGIN IMMEDIATE); on PostgreSQL a writer locks the rows that it decides on, a case always before
what belongs to it.
"""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import orjson
from asyncpg.exceptions import (  # type: ignore[import-untyped]  # it ships no types
    InterfaceError,
    PostgresError,
)
from sqlalchemy import Connection, Table, event, func, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from remit.ledger import migrations
from remit.model import LedgerError

BUSY_TIMEOUT = 30.0
"""Seconds that a writer waits for another before it gives up."""


class Ledger:
    """An open ledger. Every function of this room takes it first."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.dialect: str = engine.dialect.name
        # One writer of this process at a time: waiting here is fair, waiting in SQLite is not.
        self._turn = asyncio.Lock() if self.dialect == "sqlite" else None

    @classmethod
    async def open(cls, url: str | None = None, *, migrate: bool = True) -> Ledger:
        """Open the ledger at `url`, at REMIT_DATABASE_URL, or `ledger.db` under REMIT_HOME."""
        address = _address(url)
        engine = _sqlite(address) if address.get_backend_name() == "sqlite" else _postgres(address)
        ledger = cls(engine)
        try:
            if migrate:
                await ledger._migrate()
        except BaseException:
            await engine.dispose()
            raise
        return ledger

    async def close(self) -> None:
        """Give back every connection."""
        await self.engine.dispose()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end of the block, rolled back by any error."""
        if self._turn is None:
            async with self._transaction({}) as tx:
                yield tx
        else:
            async with self._turn, self._transaction({"remit_begin": "BEGIN IMMEDIATE"}) as tx:
                yield tx

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A snapshot: everything read in the block is of one instant."""
        options = (
            {"remit_begin": "BEGIN"}
            if self.dialect == "sqlite"
            else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        async with self._transaction(options) as tx:
            yield tx

    @asynccontextmanager
    async def _transaction(self, options: dict[str, Any]) -> AsyncIterator[AsyncConnection]:
        with _said_plainly(self.engine.url):
            async with self.engine.connect() as connection:
                if options:
                    connection = await connection.execution_options(**options)  # noqa: PLW2901
                async with connection.begin():
                    yield connection

    async def _migrate(self) -> None:
        if self.dialect == "sqlite":
            await self._keep_a_log()
            async with self.write() as tx:  # DDL is transactional, and there is one writer
                await tx.run_sync(migrations.upgrade)
        else:
            async with self.write() as tx:
                await tx.run_sync(migrations.upgrade_under_lock)

    async def _keep_a_log(self) -> None:
        """Write-ahead logging, which is a property of the file; two that switch it may collide."""
        for attempt in range(100):
            try:
                async with self.engine.connect() as connection:
                    raw = await connection.get_raw_connection()
                    driver = raw.driver_connection
                    assert driver is not None
                    async with driver.execute("PRAGMA journal_mode=WAL") as cursor:
                        mode = await cursor.fetchone()
                if mode[0] == "wal":
                    return
            except (sqlite3.Error, SQLAlchemyError) as error:
                if "locked" not in str(error) or attempt == 99:
                    raise LedgerError(_sentence(self.engine.url, error)) from None
            await asyncio.sleep(0.05)
        raise LedgerError(
            f"{self.engine.url.database} cannot keep a write-ahead log: put it on a local disk"
        )


async def new_ids(tx: AsyncConnection, table: Table, count: int) -> list[int]:
    """Numbers for `count` rows that will be inserted in this transaction, in rising order."""
    if count == 0:
        return []
    if tx.dialect.name == "sqlite":  # nobody else writes while this transaction lives
        last = (await tx.execute(select(func.coalesce(func.max(table.c.id), 0)))).scalar_one()
        return list(range(last + 1, last + 1 + count))
    sequence = f"pg_get_serial_sequence('\"{table.name}\"', 'id')"
    drawn = await tx.execute(
        text(f"SELECT nextval(CAST({sequence} AS regclass)) FROM generate_series(1, :n)"),  # noqa: S608 a table's own name
        {"n": count},
    )
    return sorted(drawn.scalars())


def _address(url: str | None) -> URL:
    url = url or os.environ.get("REMIT_DATABASE_URL")
    if not url:
        home = Path(os.environ.get("REMIT_HOME") or ".remit")
        url = f"sqlite:///{home / 'ledger.db'}"
    try:
        address = make_url(url)
    except ArgumentError:
        raise LedgerError(
            "the ledger's address cannot be read; write sqlite:///PATH or postgresql://HOST/NAME"
        ) from None
    if address.get_backend_name() == "sqlite":
        if address.database in {None, "", ":memory:"}:
            raise LedgerError("the ledger needs a file: write sqlite:///PATH")
        return address.set(drivername="sqlite+aiosqlite")
    if address.drivername in {"postgres", "postgresql", "postgresql+asyncpg"}:
        return address.set(drivername="postgresql+asyncpg")
    raise LedgerError(
        f"the ledger cannot live on {address.drivername}; write sqlite:///PATH or "
        "postgresql://HOST/NAME"
    )


def _dumps(value: object) -> str:
    return orjson.dumps(value).decode()


def _sqlite(address: URL) -> AsyncEngine:
    assert address.database is not None
    if Path(address.database).is_dir():
        raise LedgerError(f"unable to open {address.database}: it is a folder; name a file in it")
    try:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(f"cannot make the folder of {address.database}: {error}") from None
    engine = create_async_engine(
        address,
        connect_args={"timeout": BUSY_TIMEOUT, "isolation_level": None},
        hide_parameters=True,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _connected(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA synchronous=FULL")  # a lost commit is a lost complaint
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("remit_begin", "BEGIN"))

    return engine


def _postgres(address: URL) -> AsyncEngine:
    return create_async_engine(
        address,
        hide_parameters=True,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
    )


@contextmanager
def _said_plainly(url: URL) -> Iterator[None]:
    """Database errors become LedgerErrors that name no password and quote no row."""
    try:
        yield
    except (SQLAlchemyError, PostgresError, InterfaceError, OSError) as error:
        raise LedgerError(_sentence(url, error)) from None


def _sentence(url: URL, error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    first = next(iter(str(cause).splitlines()), "") or type(cause).__name__
    # Drivers quote their own class, and PostgreSQL quotes rows after DETAIL.
    first = re.sub(r"^<class '[^']*'>: ", "", first).split("DETAIL:")[0].strip()
    if isinstance(url.password, str) and url.password:
        first = first.replace(url.password, "***")
    where = url.render_as_string(hide_password=True)
    return f"the ledger at {where} says: {first}"
