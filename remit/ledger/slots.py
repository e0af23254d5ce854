"""Slots: the planned times of a campaign's variants."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import bundles, changes, holds, rows
from remit.ledger.intents import void_in
from remit.ledger.planning import plan, variant_hash
from remit.ledger.slot_changes import approve_in, finish_campaign_in, give_back_in, note
from remit.ledger.store import Ledger
from remit.ledger.tables import journal as lines
from remit.ledger.tables import publication as publications
from remit.ledger.tables import slot as slots
from remit.model import (
    PublicationState,
    Refused,
    Slot,
    SlotState,
)

__all__ = [
    "approve_in",
    "claim",
    "drop",
    "due",
    "expired_leases",
    "find",
    "finish_campaign_in",
    "get",
    "give_back_in",
    "plan",
    "renew",
    "retime",
    "retry",
    "variant_hash",
]

_AGAIN = {SlotState.returned, SlotState.planned, SlotState.approved, SlotState.failed}
"""What an owner may still re-time or drop: nothing of it is out there."""
_FOR_GOOD = {"content_refused", "not_allowed", "gone"}
_OUT = (
    PublicationState.sending.value,
    PublicationState.unknown.value,
    PublicationState.published.value,
)


async def get(ledger: Ledger, slot: int) -> Slot:
    async with ledger.read() as tx:
        return rows.to_slot(await rows.fetch(tx, slots, slot))


async def find(
    ledger: Ledger,
    brand: str | None = None,
    *,
    case: int | None = None,
    states: Collection[SlotState] | None = None,
) -> list[Slot]:
    """The slots that fit all that is asked, by their time."""
    query = select(slots).order_by(slots.c.at, slots.c.id)
    if brand is not None:
        query = query.where(slots.c.brand == brand)
    if case is not None:
        query = query.where(slots.c.case == case)
    if states is not None:
        query = query.where(slots.c.state.in_([str(state) for state in states]))
    async with ledger.read() as tx:
        return [rows.to_slot(row) for row in await tx.execute(query)]


async def due(ledger: Ledger, brand: str, now: datetime) -> list[Slot]:
    """The approved slots whose time has come.

    One whose time passed under a hold or a stop, even if that has ended since, is not among them:
    it goes back to its owner in this very transaction.
    """
    query = (
        select(slots)
        .where(
            slots.c.brand == brand,
            slots.c.state == SlotState.approved.value,
            slots.c.at <= now,
        )
        .order_by(slots.c.at, slots.c.id)
        .with_for_update()
    )
    ready: list[Slot] = []
    async with ledger.write() as tx:
        stop = await bundles.stop_reason(tx, brand, lock=True)
        for row in (await tx.execute(query)).all():
            on = await holds.overlapping(tx, brand, row.at, now)
            hold = holds.stopping(on, row.owner, tuple(row.topics))
            if hold is not None:
                await give_back_in(tx, row, "held", now, hold=hold.id)
            elif stop is not None or await _was_stopped(tx, brand, row.at):
                await give_back_in(tx, row, "stopped", now)
            else:
                ready.append(rows.to_slot(row))
    return ready


async def _was_stopped(tx: AsyncConnection, brand: str, since: datetime) -> bool:
    """Whether a stop was lifted after that time: it was still on then."""
    query = (
        select(lines.c.id)
        .where(lines.c.brand == brand, lines.c.kind == "brand.lifted", lines.c.at > since)
        .limit(1)
    )
    return (await tx.execute(query)).first() is not None


async def claim(  # noqa: PLR0917 the ledger's functions take the lease last
    ledger: Ledger, slot: int, attempt: int, run: str, now: datetime, lease: timedelta
) -> Slot:
    """Admit one run to publish it. Refused codes: stale_attempt, claimed, finished."""
    async with ledger.write() as tx:
        row = await rows.fetch(tx, slots, slot, lock=True)
        if row.state not in {SlotState.approved, SlotState.publishing}:
            raise Refused("finished", f"slot {slot} is {row.state}: there is nothing to publish")
        if row.attempt != attempt:
            raise Refused("stale_attempt", f"slot {slot} is at attempt {row.attempt}: end this run")
        if row.lease_run not in {None, run}:
            raise Refused("claimed", f"slot {slot} belongs to another run: end this one")
        await tx.execute(
            update(slots)
            .where(slots.c.id == slot)
            .values(state=SlotState.publishing.value, lease_run=run, lease_until=now + lease)
        )
        if row.lease_run is None:
            await note(tx, row, "slot.claimed", now, run=run)
        return rows.to_slot(await rows.fetch(tx, slots, slot))


async def renew(ledger: Ledger, slot: int, run: str, now: datetime, lease: timedelta) -> None:
    """Say that the run is alive. Refused code: lease_lost, and then it must end."""
    async with ledger.write() as tx:
        row = await rows.fetch(tx, slots, slot, lock=True)
        if row.lease_run != run:
            raise Refused("lease_lost", f"slot {slot} is not this run's any more: end it")
        await tx.execute(update(slots).where(slots.c.id == slot).values(lease_until=now + lease))


async def retry(ledger: Ledger, slot: int, code: str, now: datetime) -> Slot:
    """Let another run publish it. Changes nothing where something may be out there already.

    What no later attempt would escape (content_refused, not_allowed, gone) lies with its owner.
    """
    async with ledger.write() as tx:
        await _retry(tx, await rows.fetch(tx, slots, slot, lock=True), code, now)
        return rows.to_slot(await rows.fetch(tx, slots, slot))


async def _retry(tx: AsyncConnection, row: Row[Any], code: str, now: datetime) -> bool:
    out = select(publications.c.id).where(
        publications.c.slot == row.id, publications.c.state.in_(_OUT)
    )
    if row.state != SlotState.publishing or (await tx.execute(out)).first() is not None:
        return False
    if code in _FOR_GOOD:
        await give_back_in(tx, row, code, now, state=SlotState.failed)
        return True
    values = {"state": SlotState.approved.value, "attempt": row.attempt + 1}
    values |= {"lease_run": None, "lease_until": None}
    await tx.execute(update(slots).where(slots.c.id == row.id).values(**values))
    await note(tx, row, "slot.retried", now, code=code)
    return True


async def retime(
    ledger: Ledger, slot: int, at: datetime, person: str | None, now: datetime
) -> Slot:
    """Give it another time. What was approved stays approved: its text did not change."""
    async with ledger.write() as tx:
        row = await rows.fetch(tx, slots, slot, lock=True)
        if row.state not in _AGAIN:
            raise Refused("finished", f"slot {slot} is {row.state}: it cannot be re-timed")
        if at < now:
            raise Refused("in_the_past", f"{at.isoformat()} has passed: choose a later time")
        planned = row.state == SlotState.planned
        await tx.execute(
            update(slots)
            .where(slots.c.id == slot)
            .values(
                state=SlotState.planned.value if planned else SlotState.approved.value,
                at=at,
                after_seconds=None,
                attempt=row.attempt + 1,
                held_by=None,
            )
        )
        await note(tx, row, "slot.retimed", now, person=person)
        return rows.to_slot(await rows.fetch(tx, slots, slot))


async def drop(ledger: Ledger, slot: int, person: str | None, now: datetime) -> Slot:
    """Never publish it."""
    async with ledger.write() as tx:
        known = await rows.fetch(tx, slots, slot)
        case = await changes.lock(tx, known.case)
        row = await rows.fetch(tx, slots, slot, lock=True)
        if row.state not in _AGAIN | {SlotState.dropped}:
            raise Refused("finished", f"slot {slot} is {row.state}: it cannot be dropped")
        if row.state != SlotState.dropped:
            await tx.execute(
                update(slots).where(slots.c.id == slot).values(state=SlotState.dropped.value)
            )
            await void_in(tx, "dropped", now, slot=slot)
            await note(tx, row, "slot.dropped", now, person=person)
            await finish_campaign_in(tx, case, now)
            await changes.save(tx, [case], now)
        return rows.to_slot(await rows.fetch(tx, slots, slot))


async def expired_leases(ledger: Ledger, now: datetime) -> list[Slot]:
    """Give the slots of runs that are believed dead to other runs; returns those slots.

    One whose post may be out there waits until that is settled.
    """
    query = (
        select(slots.c.id)
        .where(slots.c.state == SlotState.publishing.value, slots.c.lease_until < now)
        .order_by(slots.c.id)
    )
    async with ledger.read() as tx:
        dead = (await tx.execute(query)).scalars().all()
    again = []
    for number in dead:
        async with ledger.write() as tx:
            row = await rows.fetch(tx, slots, number, lock=True)
            # Between the two looks its run may have come back, or another may have it.
            alive = row.lease_until is None or row.lease_until >= now
            if not alive and await _retry(tx, row, "run_lost", now):
                again.append(rows.to_slot(await rows.fetch(tx, slots, number)))
    return again
