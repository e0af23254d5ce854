"""Holds: a role's posts are stopped by another role's case."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import journal, outbox, rows
from remit.ledger.store import Ledger
from remit.ledger.tables import hold
from remit.model import HoldOrder, HoldState, Missing


async def place(
    tx: AsyncConnection, *, brand: str, case: int, order: HoldOrder, now: datetime
) -> int:
    """Write down the hold that a case asks for; it begins at once unless it waits for somebody."""
    length = None if order.at_most is None else int(order.at_most.calendar.total_seconds())
    begins = order.starts == "at_once"
    made = await tx.execute(
        insert(hold).values(
            brand=brand,
            case=case,
            role=order.posts_of,
            topics=list(order.topics),
            starts=order.starts,
            started_at=now if begins else None,
            at_most_seconds=length,
            ends_at=now + timedelta(seconds=length) if begins and length is not None else None,
        )
    )
    key = made.inserted_primary_key
    assert key is not None
    number = int(key[0])
    if begins:
        await _begun(tx, brand, number, now, case=case, role=order.posts_of)
    return number


async def start(tx: AsyncConnection, case: int, now: datetime) -> None:
    """Somebody has acknowledged the case: begin the holds that waited for it."""
    waiting = (
        select(hold)
        .where(hold.c.case == case, hold.c.started_at.is_(None), hold.c.ended_at.is_(None))
        .with_for_update()
    )
    for row in (await tx.execute(waiting)).mappings().all():
        length = row["at_most_seconds"]
        ends = None if length is None else now + timedelta(seconds=length)
        await tx.execute(
            update(hold).where(hold.c.id == row["id"]).values(started_at=now, ends_at=ends)
        )
        await _begun(tx, row["brand"], row["id"], now, case=case, role=row["role"])


async def _begun(
    tx: AsyncConnection, brand: str, number: int, now: datetime, *, case: int, role: str
) -> None:
    await journal.write(
        tx, "hold.started", brand=brand, now=now, case=case, role=role, data={"hold": number}
    )
    await outbox.put(tx, brand, "remit.hold.started", case=case, role=role, now=now)


async def active(ledger: Ledger, brand: str, now: datetime) -> list[HoldState]:
    """The holds that stop posts at this moment."""
    async with ledger.read() as tx:
        return await overlapping(tx, brand, now, now)


async def open_holds(tx: AsyncConnection, brand: str) -> list[HoldState]:
    """Begun and not ended, those past their end and not yet noticed included."""
    query = (
        select(hold)
        .where(hold.c.brand == brand, hold.c.started_at.is_not(None), hold.c.ended_at.is_(None))
        .order_by(hold.c.id)
    )
    return [rows.to_hold(row) for row in await tx.execute(query)]


async def overlapping(
    tx: AsyncConnection, brand: str, since: datetime, until: datetime
) -> list[HoldState]:
    """The holds that were on at any moment from `since` to `until`, both included."""
    query = (
        select(hold)
        .where(
            hold.c.brand == brand,
            hold.c.started_at <= until,
            or_(hold.c.ended_at.is_(None), hold.c.ended_at > since),
            or_(hold.c.ends_at.is_(None), hold.c.ends_at > since),
        )
        .order_by(hold.c.id)
    )
    return [rows.to_hold(row) for row in await tx.execute(query)]


def stopping(found: list[HoldState], role: str, topics: tuple[str, ...]) -> HoldState | None:
    """The first of these holds that stops a post of that role about those topics."""
    for one in found:
        if one.role == role and (not one.topics or set(one.topics) & set(topics)):
            return one
    return None


async def release(
    ledger: Ledger, hold_id: int, person: str | None, now: datetime, code: str = "released"
) -> None:
    """A person ends a hold before its time. Ending it twice changes nothing."""
    async with ledger.write() as tx:
        known = (await tx.execute(select(hold.c.id).where(hold.c.id == hold_id))).first()
        if known is None:
            raise Missing(f"there is no hold {hold_id}; `remit status` lists the holds that are on")
        await end(tx, hold.c.id == hold_id, now, code, person)


async def release_of_case(
    tx: AsyncConnection, case: int, now: datetime, code: str = "resolved"
) -> None:
    """The case is over, and with it every hold that it asked for."""
    await end(tx, hold.c.case == case, now, code, None)


async def end(
    tx: AsyncConnection, which: ColumnElement[bool], now: datetime, code: str, person: str | None
) -> int:
    """End the holds that are not ended yet, loudly where they had begun. Returns how many."""
    query = select(hold).where(and_(which, hold.c.ended_at.is_(None))).with_for_update()
    ending = (await tx.execute(query)).mappings().all()
    for row in ending:
        await tx.execute(
            update(hold)
            .where(hold.c.id == row["id"])
            .values(ended_at=now, ended_by=person, code=code)
        )
        await journal.write(
            tx,
            "hold.ended",
            brand=row["brand"],
            now=now,
            case=row["case"],
            role=row["role"],
            person=person,
            code=code,
            data={"hold": row["id"]},
        )
        if row["started_at"] is not None:
            await outbox.put(
                tx,
                row["brand"],
                "remit.hold.ended",
                case=row["case"],
                role=row["role"],
                now=now,
            )
    return len(ending)
