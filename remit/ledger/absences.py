"""Leave and swaps: facts that a playbook cannot know. A withdrawn one stays, and counts no more."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide import clock, presence
from remit.ledger import journal, rows
from remit.ledger.store import Ledger
from remit.ledger.tables import absence as table
from remit.model import Absence, InputError, Missing, Playbook, Refused

_COLUMNS = [table.c[name] for name in Absence.model_fields]


async def away_on(tx: AsyncConnection, brand: str, day: date) -> frozenset[str]:
    """Who is on leave on a day of the brand's calendar."""
    query = select(table.c.person).where(
        table.c.brand == brand,
        table.c.since <= day,
        table.c.until >= day,
        table.c.withdrawn_at.is_(None),
    )
    return frozenset((await tx.execute(query)).scalars())


async def away_at(tx: AsyncConnection, playbook: Playbook, at: datetime) -> dict[str, str | None]:
    """Who is on leave on the day that it is where the brand is, and who stands in for them."""
    day = clock.local(at, playbook.timezone).date()
    query = (
        select(*_COLUMNS)
        .where(
            table.c.brand == playbook.brand,
            table.c.since <= day,
            table.c.until >= day,
            table.c.withdrawn_at.is_(None),
        )
        .order_by(table.c.since, table.c.id)
    )
    found = [Absence(**row) for row in (await tx.execute(query)).mappings()]
    return presence.away_at(found, playbook.timezone, at)


async def away(ledger: Ledger, playbook: Playbook, at: datetime) -> dict[str, str | None]:
    """`away_at` in a transaction of its own."""
    async with ledger.read() as tx:
        return await away_at(tx, playbook, at)


async def between(
    ledger: Ledger, brand: str, since: date, until: date | None = None
) -> list[Absence]:
    """The leave that touches these days, both included, by its first day. No end: all to come."""
    query = (
        select(*_COLUMNS)
        .where(table.c.brand == brand, table.c.until >= since, table.c.withdrawn_at.is_(None))
        .order_by(table.c.since, table.c.id)
    )
    if until is not None:
        query = query.where(table.c.since <= until)
    async with ledger.read() as tx:
        return [Absence(**row) for row in (await tx.execute(query)).mappings()]


async def record(
    ledger: Ledger,
    brand: str,
    person: str,
    since: date,
    until: date,
    *,
    cover: str | None = None,
    by: str | None = None,
    now: datetime,
) -> Absence:
    """Write down a leave. The same one again changes nothing. Refused code: recorded.

    One that overlaps another of the same person with the same cover is fine: the days add up. Two
    covers on one day would leave open who stands in.
    """
    if until < since:
        raise InputError(f"a leave ends on {until}, before it begins on {since}; swap the days")
    if cover == person:
        raise InputError(f"{person} cannot stand in for {person}; name somebody else")
    async with ledger.write() as tx:
        if tx.dialect.name != "sqlite":  # there is one writer there; here two could pass the check
            await tx.execute(text(_ONE_AT_A_TIME))
        found = await tx.execute(
            select(*_COLUMNS).where(
                table.c.brand == brand,
                table.c.person == person,
                table.c.since <= until,
                table.c.until >= since,
                table.c.withdrawn_at.is_(None),
            )
        )
        for row in found.mappings():
            known = Absence(**row)
            if (known.since, known.until, known.cover) == (since, until, cover):
                return known
            if known.cover != cover:
                raise Refused(
                    "recorded",
                    f"{person} is away from {known.since} to {known.until} already, as leave "
                    f"{known.id}, with {known.cover or 'nobody'} standing in; "
                    f"withdraw that first: remit away --withdraw {known.id}",
                )
        made = await tx.execute(
            insert(table).values(
                brand=brand,
                person=person,
                since=since,
                until=until,
                cover=cover,
                recorded_by=by,
                recorded_at=now,
            )
        )
        assert made.inserted_primary_key is not None
        number = int(made.inserted_primary_key[0])
        await _note(tx, "person.away", await _get(tx, brand, number), by, now)
        return await _get(tx, brand, number)


async def withdraw(
    ledger: Ledger, brand: str, number: int, by: str | None, now: datetime
) -> Absence:
    """The leave does not take place, or is over early. Saying it twice changes nothing."""
    async with ledger.write() as tx:
        await rows.fetch(tx, table, number, lock=True)
        known = await _get(tx, brand, number)
        if known.withdrawn_at is None:
            await tx.execute(
                update(table).where(table.c.id == number).values(withdrawn_by=by, withdrawn_at=now)
            )
            await _note(tx, "person.away_withdrawn", known, by, now)
        return await _get(tx, brand, number)


_ONE_AT_A_TIME = "LOCK TABLE absence IN SHARE ROW EXCLUSIVE MODE"


async def _get(tx: AsyncConnection, brand: str, number: int) -> Absence:
    query = select(*_COLUMNS).where(table.c.id == number, table.c.brand == brand)
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise Missing(f"{brand} has no leave {number}; `remit away` lists what there is")
    return Absence(**row)


async def _note(
    tx: AsyncConnection, kind: str, absence: Absence, by: str | None, now: datetime
) -> None:
    data = {
        "absence": absence.id,
        "since": absence.since.isoformat(),
        "until": absence.until.isoformat(),
        "cover": absence.cover,
        "by": by,
    }
    await journal.write(tx, kind, brand=absence.brand, now=now, person=absence.person, data=data)
