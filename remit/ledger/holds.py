"""Holds: a role's posts are stopped by another role's case."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import AwareDatetime
from sqlalchemy import ColumnElement, Select, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide.holding import may_confirm, may_drop
from remit.ledger import journal, outbox, rows
from remit.ledger.store import Ledger
from remit.ledger.tables import case as cases
from remit.ledger.tables import hold
from remit.model import Frozen, HoldOrder, HoldState, InputError, Missing, Playbook, Refused


class Held(Frozen):
    """A hold as both roles see it: the one whose posts wait, and the one whose case asks for it."""

    id: int
    case: int
    owner: str
    """Whose case it is."""
    role: str
    """Whose posts wait."""
    topics: tuple[str, ...] = ()
    starts: str
    started_at: AwareDatetime | None = None
    """None while it waits for somebody to acknowledge the case."""
    ends_at: AwareDatetime | None = None
    confirmed_by: str | None = None
    confirmed_at: AwareDatetime | None = None


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


async def listed(ledger: Ledger, brand: str, now: datetime, role: str | None = None) -> list[Held]:
    """The holds that are on or still wait for an acknowledgement; of `role`, on either side."""
    query = _held().where(
        hold.c.brand == brand,
        hold.c.ended_at.is_(None),
        or_(hold.c.ends_at.is_(None), hold.c.ends_at > now),
    )
    if role is not None:
        query = query.where(or_(hold.c.role == role, cases.c.owner == role))
    async with ledger.read() as tx:
        found = (await tx.execute(query.order_by(hold.c.id))).mappings()
        return [Held(**{**row, "topics": tuple(row["topics"])}) for row in found]


def _held() -> Select[tuple[object, ...]]:
    columns = [hold.c[name] for name in Held.model_fields if name != "owner"]
    return select(*columns, cases.c.owner).join(cases, cases.c.id == hold.c.case)


async def confirm(
    ledger: Ledger, number: int, playbook: Playbook, person: str, now: datetime
) -> Held:
    """A person has looked: the hold stays. One that still waits begins now. The first counts.

    Its end stays what the playbook has promised to the role whose posts wait. Refused codes:
    unknown_person, not_eligible, ended.
    """
    async with ledger.write() as tx:
        row, approval = await _settling(tx, number, playbook, now)
        people = may_confirm(playbook, held=row.role, owner=row.owner, approval=approval)
        _eligible(playbook, person, people, "confirm")
        if row.confirmed_at is None:
            if row.started_at is None:
                await start(tx, row.case, now)
            await tx.execute(
                update(hold)
                .where(hold.c.id == number)
                .values(confirmed_by=person, confirmed_at=now)
            )
            await journal.write(
                tx,
                "hold.confirmed",
                brand=playbook.brand,
                now=now,
                case=row.case,
                role=row.role,
                person=person,
                data={"hold": number},
            )
            await outbox.put(
                tx, playbook.brand, "remit.hold.confirmed", case=row.case, role=row.role, now=now
            )
        found = (await tx.execute(_held().where(hold.c.id == number))).mappings().one()
        return Held(**{**found, "topics": tuple(found["topics"])})


async def drop(
    ledger: Ledger, number: int, playbook: Playbook, person: str, now: datetime, *, reason: str
) -> Held:
    """A person has looked: the hold was not needed. It ends at once, loudly.

    Refused codes: unknown_person, not_eligible, ended.
    """
    if not reason.strip():
        raise InputError("say why the hold is not needed: --reason")
    async with ledger.write() as tx:
        row, approval = await _settling(tx, number, playbook, now)
        people = may_drop(playbook, held=row.role, owner=row.owner, approval=approval)
        _eligible(playbook, person, people, "drop")
        await end(tx, hold.c.id == number, now, "dropped", person)
        await tx.execute(update(hold).where(hold.c.id == number).values(reason=reason.strip()))
        return row


async def _settling(
    tx: AsyncConnection, number: int, playbook: Playbook, now: datetime
) -> tuple[Held, str | None]:
    """The hold, with its case locked before it, and the approval that the case names."""
    of = (await tx.execute(select(hold.c.case).where(hold.c.id == number))).scalar_one_or_none()
    if of is None:
        raise Missing(f"there is no hold {number}; `remit hold` lists those that are on")
    case = await rows.fetch(tx, cases, of, lock=True)
    if case.brand != playbook.brand:
        raise Missing(
            f"{playbook.brand} has no hold {number}; `remit hold` lists those that are on"
        )
    row = await rows.fetch(tx, hold, number, lock=True)
    if row.ended_at is not None or (row.ends_at is not None and row.ends_at <= now):
        by = f" by {row.ended_by}" if row.ended_by else ""
        raise Refused("ended", f"hold {number} is over ({row.code or 'expired'}{by})")
    found = (await tx.execute(_held().where(hold.c.id == number))).mappings().one()
    return Held(**{**found, "topics": tuple(found["topics"])}), case.approval


def _eligible(playbook: Playbook, person: str, people: tuple[str, ...], what: str) -> None:
    if person not in playbook.people:
        known = ", ".join(playbook.people)
        raise Refused("unknown_person", f"the playbook has no person {person!r}; it has {known}")
    if person not in people:
        names = " or ".join(
            playbook.people[each].name for each in people if each in playbook.people
        )
        raise Refused(
            "not_eligible",
            f"{person} may not {what} this hold, and nothing was changed; ask {names}",
        )


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
