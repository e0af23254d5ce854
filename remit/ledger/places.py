"""Places among the runs: the members of a storm wait in the ledger until one is free.

A storm's members do not each start a run, or nobody else's case would be begun for hours. Two
short rows of places are theirs: one for cases that a person is to be asked about (a run keeps its
place until the case is finished, so a form that waits keeps it), one for cases that were decided
already and only have to be sent. Who waits has its case, its due times and its line in the lists.
What is severe waits for nobody and takes no place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger.store import Ledger
from remit.ledger.tables import case as cases
from remit.ledger.tables import outbox, publication
from remit.ledger.turns import one_at_a_time
from remit.model import Play, PublicationState, Severity, State

ASKING = 15
"""Places for members whose answer a person has yet to decide on."""
SENDING = 5
"""Places for members whose answer was decided on, and has to be sent."""
AT_MOST = ASKING + SENDING
"""Runs of storms that are under way at once, of one brand."""
PLAYS = (Play.reply.value, Play.triage.value)
"""What may be part of a storm: a campaign is none."""
OPENED = "remit.case.opened"
"""The line of the outbox that calls for a run."""

_IN_LINE = [state.value for state in (State.open, State.reopened, State.acknowledged)]
_FINISHED = [state.value for state in State if state.finished]
_SEVERE = [severity.value for severity in Severity if severity.band == "urgent"]
_ON_ITS_WAY = [
    PublicationState.prepared.value,
    PublicationState.sending.value,
    PublicationState.unknown.value,
]


def may_run() -> ColumnElement[bool]:
    """Whether a case waits for no place."""
    return or_(
        cases.c.incident.is_(None), cases.c.place_at.is_not(None), cases.c.severity.in_(_SEVERE)
    )


def rank() -> tuple[ColumnElement[int], ColumnElement[bool], ColumnElement[datetime | None]]:
    """By what cases are served: the most severe first, then what is due first, then the oldest."""
    severity = case(*((cases.c.severity == each.value, -each.rank) for each in Severity), else_=0)
    due = func.coalesce(cases.c.next_response_due, cases.c.first_response_due)
    return severity, due.is_(None), due


def decided() -> ColumnElement[bool]:
    """Whether a case has an answer that is on its way."""
    return exists().where(
        publication.c.case == cases.c.id,
        publication.c.slot.is_(None),
        publication.c.state.in_(_ON_ITS_WAY),
    )


async def give(ledger: Ledger, brand: str, now: datetime) -> list[int]:
    """Give the free places to those who are first in line: the numbers of their cases."""
    waits = and_(cases.c.brand == brand, cases.c.state.in_(_IN_LINE), not_(may_run()))
    async with ledger.read() as tx:
        if (
            await tx.execute(select(1).where(or_(exists().where(waits), _moot(brand))))
        ).first() is None:
            return []
    async with ledger.write() as tx:
        await one_at_a_time(tx, brand)
        asking, sending = not_(decided()), decided()
        asked, sent = await _taken(tx, brand, asking), await _taken(tx, brand, sending)
        # Forms that nobody looks at may fill every place but one: what was decided goes out.
        more = max(min(SENDING - sent, AT_MOST - asked - sent), 1 - sent)
        given = await _first(tx, and_(waits, sending), more)
        more = min(ASKING - asked, AT_MOST - asked - sent - len(given))
        given += await _first(tx, and_(waits, asking), more)
        given.sort()
        if given:
            await _lock(tx, given)
            await tx.execute(update(cases).where(cases.c.id.in_(given)).values(place_at=now))
        await _forget(tx, brand, now)
        return given


async def _taken(tx: AsyncConnection, brand: str, lane: ColumnElement[bool]) -> int:
    taken = select(func.count()).where(
        cases.c.brand == brand,
        cases.c.incident.is_not(None),
        cases.c.place_at.is_not(None),
        cases.c.channel.is_not(None),  # a storm's own case has come from no channel
        cases.c.severity.not_in(_SEVERE),
        cases.c.state.not_in([*_FINISHED, State.waiting.value]),
        lane,
    )
    number: int = (await tx.execute(taken)).scalar_one()
    return number


async def _first(tx: AsyncConnection, waits: ColumnElement[bool], places: int) -> list[int]:
    if places <= 0:
        return []
    line = select(cases.c.id).where(waits).order_by(*rank(), cases.c.id).limit(places)
    return list((await tx.execute(line)).scalars())


async def _lock(tx: AsyncConnection, numbers: list[int]) -> None:
    locking: Select[tuple[int]] = (
        select(cases.c.id).where(cases.c.id.in_(numbers)).order_by(cases.c.id).with_for_update()
    )
    await tx.execute(locking)


async def _forget(tx: AsyncConnection, brand: str, now: datetime) -> None:
    """Calls for runs that nobody needs any more count as sent."""
    await tx.execute(update(outbox).where(_moot_line(brand)).values(sent_at=now))


def _moot(brand: str) -> ColumnElement[bool]:
    return exists().where(_moot_line(brand))


def _moot_line(brand: str) -> ColumnElement[bool]:
    """A call for a run of a member that is finished, or has called for another one since."""
    over = or_(cases.c.attempt > outbox.c.attempt, cases.c.state.in_(_FINISHED))
    return and_(
        outbox.c.brand == brand,
        outbox.c.kind == OPENED,
        outbox.c.sent_at.is_(None),
        exists().where(cases.c.id == outbox.c.case, cases.c.incident.is_not(None), over),
    )


async def members(ledger: Ledger, numbers: Sequence[int]) -> frozenset[int]:
    """Those of these cases that belong to a storm and have to wait their turn in it."""
    found: set[int] = set()
    async with ledger.read() as tx:
        for start in range(0, len(numbers), 1000):
            query = select(cases.c.id).where(
                cases.c.id.in_(numbers[start : start + 1000]),
                cases.c.incident.is_not(None),
                cases.c.channel.is_not(None),
                cases.c.severity.not_in(_SEVERE),
            )
            found |= set((await tx.execute(query)).scalars())
    return frozenset(found)
