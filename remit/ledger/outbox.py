"""What the ledger has to tell: written in the transaction that made it true, sent afterwards.

A row is sent at least once: whoever marks it sent does so after the sending.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime
from sqlalchemy import and_, exists, func, insert, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import places, rows
from remit.ledger.store import Ledger
from remit.ledger.tables import case as cases
from remit.ledger.tables import outbox
from remit.model import Case, Frozen, State

OPENED = places.OPENED
_MAY_START = (State.open, State.reopened, State.acknowledged)


class Out(Frozen):
    """One thing to tell. `attempt` is the case's, or the slot's."""

    id: int
    brand: str
    kind: str
    case: int | None = None
    slot: int | None = None
    step: int | None = None
    attempt: int | None = None
    role: str | None = None
    severity: str | None = None
    made_at: AwareDatetime


async def put(
    tx: AsyncConnection,
    brand: str,
    kind: str,
    *,
    case: int | None = None,
    slot: int | None = None,
    step: int | None = None,
    attempt: int | None = None,
    role: str | None = None,
    severity: str | None = None,
    now: datetime,
) -> None:
    """Say that something happened, if this transaction commits."""
    await tx.execute(
        insert(outbox).values(
            brand=brand,
            kind=kind,
            case=case,
            slot=slot,
            step=step,
            attempt=attempt,
            role=role,
            severity=severity,
            made_at=now,
        )
    )


async def put_all(tx: AsyncConnection, lines: Iterable[Mapping[str, Any]]) -> None:
    """Many at once; each mapping has the columns of the outbox, `made_at` among them."""
    empty = dict.fromkeys(("case", "slot", "step", "attempt", "role", "severity", "sent_at"))
    filled = [{**empty, **line} for line in lines]
    if filled:
        await tx.execute(insert(outbox), filled)


async def pending(ledger: Ledger, limit: int = 200) -> list[Out]:
    """What was not sent yet, oldest first. A call for a run that has no place yet is kept back."""
    kept_back = and_(
        outbox.c.kind == OPENED, exists().where(cases.c.id == outbox.c.case, not_(places.may_run()))
    )
    query = (
        select(outbox)
        .where(outbox.c.sent_at.is_(None), not_(kept_back))
        .order_by(outbox.c.id)
        .limit(limit)
    )
    async with ledger.read() as tx:
        return [
            Out(**{name: row[name] for name in Out.model_fields})
            for row in (await tx.execute(query)).mappings()
        ]


async def sent(ledger: Ledger, ids: Iterable[int], now: datetime) -> None:
    """Mark as sent."""
    wanted = list(ids)
    if not wanted:
        return
    async with ledger.write() as tx:
        await tx.execute(
            update(outbox)
            .where(outbox.c.id.in_(wanted), outbox.c.sent_at.is_(None))
            .values(sent_at=now)
        )


async def unstarted(ledger: Ledger, now: datetime, older_than: timedelta) -> list[Case]:
    """Cases whose run should have begun by now and did not: nobody has claimed the attempt.

    Whose turn is first stands first. A member of a storm without a place is none of them.
    A case without any outbox row counts from when it last heard something, so that none is
    forgotten because its row is missing.
    """
    said = (
        select(outbox.c.case, outbox.c.attempt, func.max(outbox.c.made_at).label("at"))
        .where(outbox.c.kind == OPENED)
        .group_by(outbox.c.case, outbox.c.attempt)
        .subquery()
    )
    before = now - older_than
    query = (
        select(cases)
        .outerjoin(said, and_(said.c.case == cases.c.id, said.c.attempt == cases.c.attempt))
        .where(
            cases.c.state.in_([str(state) for state in _MAY_START]),
            cases.c.lease_run.is_(None),
            places.may_run(),
            or_(
                said.c.at < before,
                and_(said.c.at.is_(None), cases.c.last_event_at < before),
            ),
        )
        .order_by(*places.rank(), cases.c.id)
    )
    async with ledger.read() as tx:
        return [rows.to_case(row) for row in await tx.execute(query)]
