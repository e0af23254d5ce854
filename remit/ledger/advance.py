"""What time has brought about, written down: one transaction a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide import cases as rules
from remit.ledger import changes, holds, outbox, rows
from remit.ledger.changes import CaseChange
from remit.ledger.store import Ledger
from remit.ledger.tables import case as cases
from remit.ledger.tables import hold, publication
from remit.ledger.tables import step as steps
from remit.ledger.upsert import insert_new
from remit.model import Duration, Matured, Playbook, PublicationState, State

_UNFINISHED = [state.value for state in State if not state.finished]
_FOR_EVER: Mapping[str, Duration] = MappingProxyType({})
_ROUNDS = 5
"""What matures may start what is due at once: a ladder that begins again has a step at zero."""


async def advance(
    ledger: Ledger,
    brand: str,
    playbook: Playbook,
    now: datetime,
    *,
    windows: Mapping[str, Duration] = _FOR_EVER,
) -> list[Matured]:
    """Apply everything that has fallen due by `now` and was not noticed yet, and return it.

    `windows`: by platform, how long a message can be answered.
    """
    async with ledger.read() as tx:
        open_holds = await holds.open_holds(tx, brand)
        query = select(cases).where(
            cases.c.brand == brand,
            or_(
                cases.c.state.in_(_UNFINISHED),
                cases.c.id.in_(
                    # A case that is answered may still hold a role's posts.
                    select(hold.c.case).where(hold.c.brand == brand, hold.c.ended_at.is_(None))
                ),
            ),
        )
        known = [rows.to_case(row) for row in await tx.execute(query.order_by(cases.c.id))]
    matured: list[Matured] = []
    for case in known:
        window = windows.get(case.platform)
        if rules.advance(case, now, open_holds, window):
            matured += await _advance(ledger, case.id, playbook, now, window)
    return matured


async def _advance(
    ledger: Ledger, case: int, playbook: Playbook, now: datetime, window: Duration | None
) -> list[Matured]:
    """Decide again on the locked case, and apply."""
    applied: list[Matured] = []
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        for _ in range(_ROUNDS):
            open_holds = await holds.open_holds(tx, change.row["brand"])
            due = [
                one
                for one in rules.advance(change.case, now, open_holds, window)
                if one.kind != "lease_dead" or not await _may_be_out(tx, case)
            ]
            if not due:
                break
            for one in due:
                await _apply(tx, change, one, playbook, now)
            applied += due
        await changes.save(tx, [change], now)
    return applied


async def _may_be_out(tx: AsyncConnection, case: int) -> bool:
    """A reply whose fate is open: it is settled first, else a second one might follow it."""
    query = select(publication.c.id).where(
        publication.c.case == case,
        publication.c.slot.is_(None),
        publication.c.state.in_([PublicationState.sending.value, PublicationState.unknown.value]),
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def _apply(
    tx: AsyncConnection, change: CaseChange, one: Matured, playbook: Playbook, now: datetime
) -> None:
    match one.kind:
        case "step":
            await _take_step(tx, change, one, now)
        case "overdue" | "next_overdue":
            change.set(overdue_at=now)
            _climb_again(change, one.kind, now)
        case "resolution_overdue":
            change.set(resolution_overdue_at=now)
            _climb_again(change, one.kind, now)
        case "due_soon" | "waited_long":
            change.set(warned_at=now)
            change.note(f"case.{one.kind}", now, data=dict(one.detail))
            change.tell(f"remit.case.{one.kind}", now)
        case "approval_expired":
            approval = playbook.approvals.get(change.row["approval"] or "")
            expires = None if approval is None else approval.expires
            change.set(approval_expires_at=None if expires is None else now + expires.calendar)
            _climb_again(change, "approval_expired", now)
        case "handoff_expired":
            change.withdraw("expired")
            change.set(notice="handoff_expired")
            _climb_again(change, "handoff_expired", now)
        case "lease_dead":
            change.again("run_crashed", now)
        case "hold_ended":
            await holds.end(tx, hold.c.id == int(one.detail["hold"]), now, "expired", None)


def _climb_again(change: CaseChange, code: str, now: datetime) -> None:
    change.set(ladder_started_at=now, ladder_step=0)
    change.note(f"case.{code}", now, code=code)
    change.tell(f"remit.case.{code}", now)


async def _take_step(tx: AsyncConnection, change: CaseChange, one: Matured, now: datetime) -> None:
    number, began = change.row["id"], change.row["ladder_started_at"]
    index, notify = one.step, one.detail["notify"]
    assert index is not None
    row = {
        "case": number,
        "ladder_started_at": began,
        "index": index,
        "notify": notify,
        "due_at": one.at,
    }
    await insert_new(tx, steps, row)
    change.set(ladder_step=index + 1)
    found = await tx.execute(
        select(steps.c.id).where(
            steps.c.case == number, steps.c.ladder_started_at == began, steps.c.index == index
        )
    )
    change.note("case.step_due", now, data={"step": index, "notify": notify})
    await outbox.put(
        tx,
        change.row["brand"],
        "remit.case.step",
        case=number,
        step=found.scalar_one(),
        attempt=change.row["attempt"],
        role=change.row["owner"],
        severity=change.row["severity"],
        now=now,
    )
