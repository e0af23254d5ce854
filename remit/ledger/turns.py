"""Work on a brand's whole ledger that is done by one at a time, also beside other processes."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def one_at_a_time(tx: AsyncConnection, brand: str, what: str = "ingest") -> None:
    """On PostgreSQL two such transactions wait for each other; SQLite has one writer anyway."""
    if tx.dialect.name == "postgresql":
        await tx.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
            {"name": f"remit.{what} {brand}"},
        )
