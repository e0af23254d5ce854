"""What was received and will never be acted on: nothing that runs would ever come to it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import outbox as told
from remit.ledger.tables import case as cases
from remit.ledger.tables import event as events
from remit.ledger.tables import outbox, publication, slot
from remit.ledger.trouble import Trouble
from remit.model import Play, PublicationState, SlotState, State

_UNFINISHED = [state.value for state in State if not state.finished]
_STARTS = {State.open, State.reopened, State.acknowledged}
_WAITS = {State.awaiting_approval, State.waiting}
"""A person or the author moves these."""
_OUT = [PublicationState.sending.value, PublicationState.unknown.value]
_PLANNED = {SlotState.planned, SlotState.published, SlotState.dropped}
"""Slots that move nothing by themselves; every other is due one day or lies with its owner."""


async def events_without_case(tx: AsyncConnection, brand: str) -> list[Trouble]:
    """Events that somebody should act on and that are in no case.

    What asks nobody (ours, deletions, imported history) was stored with the play `log`.
    """
    query = (
        select(events.c.id)
        .where(
            events.c.brand == brand,
            events.c.play != Play.log.value,
            events.c.ours.is_(False),
            events.c.deleted.is_(False),
            events.c.case.is_(None) | events.c.case.not_in(select(cases.c.id)),
        )
        .order_by(events.c.id)
    )
    return [
        Trouble(kind="lost", code="no_case", event=number)
        for number in (await tx.execute(query)).scalars()
    ]


async def cases_at_a_standstill(tx: AsyncConnection, brand: str) -> list[Trouble]:
    """Unfinished cases that no run holds, no person is asked about and no trigger would start."""
    query = (
        select(cases)
        .where(cases.c.brand == brand, cases.c.state.in_(_UNFINISHED))
        .order_by(cases.c.id)
    )
    announced = {
        tuple(row)
        for row in await tx.execute(
            select(outbox.c.case, outbox.c.attempt).where(
                outbox.c.brand == brand, outbox.c.kind == told.OPENED
            )
        )
    }
    settling = set(
        (
            await tx.execute(
                select(publication.c.case).where(
                    publication.c.brand == brand, publication.c.state.in_(_OUT)
                )
            )
        ).scalars()
    )
    slots: dict[int, set[SlotState]] = {}
    for row in await tx.execute(select(slot.c.case, slot.c.state).where(slot.c.brand == brand)):
        slots.setdefault(row.case, set()).add(SlotState(row.state))
    return [
        Trouble(kind="lost", code=f"standstill_{case.state}", case=case.id)
        for case in await tx.execute(query)
        if not _moves(case, announced)
        and case.id not in settling
        and not slots.get(case.id, set()) - _PLANNED
    ]


def _moves(case: Row[Any], announced: set[tuple[int, int]]) -> bool:
    if case.state in _WAITS:
        return True
    if case.lease_run is not None:
        return case.lease_until is not None  # else nobody would notice that the run died
    return case.state in _STARTS and (case.id, case.attempt) in announced


async def answers_that_are_not_there(tx: AsyncConnection, brand: str) -> list[Trouble]:
    """Cases that say that they were answered, without a published reply."""
    replied = select(publication.c.case).where(
        publication.c.brand == brand,
        publication.c.slot.is_(None),
        publication.c.state == PublicationState.published.value,
    )
    query = (
        select(cases.c.id)
        .where(
            cases.c.brand == brand,
            cases.c.outcome == "responded",
            cases.c.id.not_in(replied),
        )
        .order_by(cases.c.id)
    )
    return [
        Trouble(kind="lost", code="no_reply", case=number)
        for number in (await tx.execute(query)).scalars()
    ]
