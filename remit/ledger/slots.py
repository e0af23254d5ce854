"""Slots: the planned times of a campaign's variants."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import bundles, changes, holds, journal, outbox, rows
from remit.ledger.changes import CaseChange
from remit.ledger.intents import void_in
from remit.ledger.planning import plan, variant_hash
from remit.ledger.store import Ledger
from remit.ledger.tables import journal as lines
from remit.ledger.tables import publication as publications
from remit.ledger.tables import slot as slots
from remit.model import (
    Play,
    PublicationState,
    Refused,
    Slot,
    SlotState,
    State,
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
    "retime",
    "retry",
    "variant_hash",
]

_AGAIN = {SlotState.returned, SlotState.planned, SlotState.approved, SlotState.failed}
"""What an owner may still re-time or drop: nothing of it is out there."""
_OVER = {SlotState.published, SlotState.dropped}
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
            await _journal(tx, row, "slot.claimed", now, run=run)
        return rows.to_slot(await rows.fetch(tx, slots, slot))


async def retry(ledger: Ledger, slot: int, code: str, now: datetime) -> Slot:
    """Let another run publish it. Changes nothing where something may be out there already."""
    async with ledger.write() as tx:
        row = await rows.fetch(tx, slots, slot, lock=True)
        out = select(publications.c.id).where(
            publications.c.slot == slot, publications.c.state.in_(_OUT)
        )
        if row.state == SlotState.publishing and (await tx.execute(out)).first() is None:
            await tx.execute(
                update(slots)
                .where(slots.c.id == slot)
                .values(
                    state=SlotState.approved.value,
                    attempt=row.attempt + 1,
                    lease_run=None,
                    lease_until=None,
                )
            )
            await _journal(tx, row, "slot.retried", now, code=code)
        return rows.to_slot(await rows.fetch(tx, slots, slot))


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
        await _journal(tx, row, "slot.retimed", now, person=person)
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
            await _journal(tx, row, "slot.dropped", now, person=person)
            await finish_campaign_in(tx, case, now)
            await changes.save(tx, [case], now)
        return rows.to_slot(await rows.fetch(tx, slots, slot))


async def expired_leases(ledger: Ledger, now: datetime) -> list[Slot]:
    """Slots whose run is believed dead; `retry` them once their publications are settled."""
    query = (
        select(slots)
        .where(slots.c.state == SlotState.publishing.value, slots.c.lease_until < now)
        .order_by(slots.c.id)
    )
    async with ledger.read() as tx:
        return [rows.to_slot(row) for row in await tx.execute(query)]


async def approve_in(tx: AsyncConnection, case: int, now: datetime) -> int:
    """The plan was approved: its slots wait for their times, relative ones counted from now."""
    query = select(slots).where(slots.c.case == case, slots.c.state == SlotState.planned.value)
    planned = (await tx.execute(query.order_by(slots.c.id).with_for_update())).all()
    for row in planned:
        after = row.after_seconds
        at = row.at if after is None else now + timedelta(seconds=after)
        await tx.execute(
            update(slots)
            .where(slots.c.id == row.id)
            .values(state=SlotState.approved.value, at=at, after_seconds=None)
        )
        await _journal(tx, row, "slot.approved", now)
    return len(planned)


async def give_back_in(
    tx: AsyncConnection,
    row: Row[Any],
    code: str,
    now: datetime,
    *,
    state: SlotState = SlotState.returned,
    hold: int | None = None,
) -> None:
    """Its owner has to act: re-time, change or drop it. Said aloud."""
    await tx.execute(
        update(slots)
        .where(slots.c.id == row.id)
        .values(
            state=state.value,
            attempt=row.attempt + 1,
            lease_run=None,
            lease_until=None,
            held_by=hold,
        )
    )
    await _journal(tx, row, f"slot.{state}", now, code=code)
    await outbox.put(
        tx, row.brand, f"remit.slot.{state}", case=row.case, slot=row.id, role=row.owner, now=now
    )


async def finish_campaign_in(tx: AsyncConnection, case: CaseChange, now: datetime) -> None:
    """The campaign's case is over when each of its slots is published or dropped.

    The caller has locked the case and saves it.
    """
    query = select(slots.c.state).where(slots.c.case == case.row["id"])
    states = {SlotState(state) for state in (await tx.execute(query)).scalars()}
    if case.row["play"] == Play.campaign and not case.finished and states <= _OVER:
        outcome = "published" if SlotState.published in states else "dropped"
        case.finish(State.resolved, outcome, now)


async def _journal(
    tx: AsyncConnection,
    row: Row[Any],
    kind: str,
    now: datetime,
    *,
    person: str | None = None,
    run: str | None = None,
    code: str | None = None,
) -> None:
    await journal.write(
        tx,
        kind,
        brand=row.brand,
        now=now,
        case=row.case,
        slot=row.id,
        role=row.owner,
        person=person,
        run=run,
        code=code,
    )
