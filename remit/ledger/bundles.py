"""Playbook bundles by content hash, which one is deployed, and the brand's emergency stop."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import journal
from remit.ledger.store import Ledger
from remit.ledger.tables import bundle as bundle_table
from remit.ledger.tables import bundle_file
from remit.ledger.tables import deployed as deployed_table
from remit.ledger.upsert import insert_new
from remit.model import Bundle, Missing


async def keep(ledger: Ledger, bundle: Bundle, brand: str, now: datetime) -> None:
    """Store every file of a playbook. The same content is kept once."""
    row = {"hash": bundle.hash, "brand": brand, "kept_at": now}
    files = [
        {"hash": bundle.hash, "path": path, "content": content}
        for path, content in sorted(bundle.files.items())
    ]
    async with ledger.write() as tx:
        new = await insert_new(tx, bundle_table, row)
        if new and files:
            await tx.execute(insert(bundle_file), files)
        if new:
            await journal.write(
                tx, "playbook.kept", brand=brand, now=now, data={"hash": bundle.hash}
            )


async def get(ledger: Ledger, hash: str) -> Bundle:  # noqa: A002 the word of the playbook
    """The bundle of that hash, byte for byte."""
    async with ledger.read() as tx:
        await _known(tx, hash)
        found = await tx.execute(
            select(bundle_file.c.path, bundle_file.c.content)
            .where(bundle_file.c.hash == hash)
            .order_by(bundle_file.c.path)
        )
        return Bundle(files={path: bytes(content) for path, content in found}, hash=hash)


async def deploy(
    ledger: Ledger,
    brand: str,
    hash: str,  # noqa: A002 the word of the playbook
    now: datetime,
    person: str | None = None,
) -> None:
    """Make a kept bundle the brand's playbook. A stop stays in force."""
    async with ledger.write() as tx:
        kept_for = await _known(tx, hash)
        if kept_for != brand:
            raise Missing(f"playbook {hash[:12]} is of brand {kept_for}, not of {brand}")
        row = {"brand": brand, "hash": hash, "at": now}
        if not await insert_new(tx, deployed_table, row):
            changed = await tx.execute(
                update(deployed_table)
                .where(deployed_table.c.brand == brand, deployed_table.c.hash != hash)
                .values(hash=hash, at=now)
            )
            if changed.rowcount == 0:
                return
        await journal.write(
            tx, "playbook.deployed", brand=brand, now=now, person=person, data={"hash": hash}
        )


async def deployed(ledger: Ledger, brand: str) -> str | None:
    """The hash of the brand's playbook, or None before the first deploy."""
    async with ledger.read() as tx:
        return await deployed_hash(tx, brand)


async def deployed_hash(tx: AsyncConnection, brand: str) -> str | None:
    """`deployed` inside the caller's transaction."""
    query = select(deployed_table.c.hash).where(deployed_table.c.brand == brand)
    return (await tx.execute(query)).scalar_one_or_none()


async def brands(ledger: Ledger) -> list[str]:
    """Every brand with a deployed playbook."""
    async with ledger.read() as tx:
        found = await tx.execute(select(deployed_table.c.brand).order_by(deployed_table.c.brand))
        return list(found.scalars())


async def stop(ledger: Ledger, brand: str, reason: str, person: str | None, now: datetime) -> None:
    """Nothing of the brand is sent from this commit on."""
    await _set_stop(ledger, brand, now, person, reason)


async def lift(ledger: Ledger, brand: str, person: str | None, now: datetime) -> None:
    """End the stop."""
    await _set_stop(ledger, brand, now, person, None)


async def stopped(ledger: Ledger, brand: str) -> str | None:
    """Why the brand is stopped, or None."""
    async with ledger.read() as tx:
        return await stop_reason(tx, brand)


async def stop_reason(tx: AsyncConnection, brand: str, *, lock: bool = False) -> str | None:
    """`stopped` inside the caller's transaction.

    With `lock` a stop waits until the transaction ends: what it decides on cannot change under it.
    """
    query = select(deployed_table.c.stop_reason).where(deployed_table.c.brand == brand)
    if lock:
        query = query.with_for_update(read=True)
    return (await tx.execute(query)).scalar_one_or_none()


async def _known(tx: AsyncConnection, hash: str) -> str:  # noqa: A002 the word of the playbook
    query = select(bundle_table.c.brand).where(bundle_table.c.hash == hash)
    brand: str | None = (await tx.execute(query)).scalar_one_or_none()
    if brand is None:
        raise Missing(f"no playbook {hash[:12]} in the ledger: deploy it first")
    return brand


async def _set_stop(
    ledger: Ledger, brand: str, now: datetime, person: str | None, reason: str | None
) -> None:
    async with ledger.write() as tx:
        changed = await tx.execute(
            update(deployed_table)
            .where(deployed_table.c.brand == brand)
            .values(
                stop_reason=reason,
                stopped_at=None if reason is None else now,
                stopped_by=None if reason is None else person,
            )
        )
        if changed.rowcount == 0:
            raise Missing(f"no playbook of brand {brand} is deployed: deploy one first")
        kind = "brand.lifted" if reason is None else "brand.stopped"
        await journal.write(tx, kind, brand=brand, now=now, person=person)
