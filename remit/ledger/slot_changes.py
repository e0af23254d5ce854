"""What one transaction does to slots: approved, given back, finished with their campaign."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import journal, outbox
from remit.ledger.changes import CaseChange
from remit.ledger.tables import slot as slots
from remit.model import Play, SlotState, State

_OVER = {SlotState.published, SlotState.dropped}


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
        await note(tx, row, "slot.approved", now)
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
    await note(tx, row, f"slot.{state}", now, code=code)
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


async def note(
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
