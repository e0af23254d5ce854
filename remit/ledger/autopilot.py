"""Answers that go out unseen: decided, counted and written down in one transaction."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide.autopilot import LIMIT, may_go_unseen
from remit.ledger import changes, rows, versions
from remit.ledger.cases import holds_lease
from remit.ledger.changes import CaseChange
from remit.ledger.rulings import local_day, release_in
from remit.ledger.store import Ledger
from remit.ledger.tables import approval as approvals
from remit.ledger.tables import case as cases
from remit.ledger.tables import deployed
from remit.ledger.votes import AUTOPILOT
from remit.model import Playbook, Verdict


async def go_unseen(
    ledger: Ledger, case: int, run: str, playbook: Playbook, now: datetime
) -> tuple[str, str] | None:
    """None: the case's draft is to be sent as it is. Else (code, message): a person decides.

    The brand is locked first: two runs cannot take the last answer of a day, and no stop comes
    between. Refused code: lease_lost.
    """
    async with ledger.write() as tx:
        stopped = await _lock(tx, playbook.brand)
        change = await changes.lock(tx, case)
        holds_lease(change, run)
        stands = await versions.standing(tx, change)
        no = may_go_unseen(
            change.case,
            None if stands is None else rows.to_draft(stands),
            playbook,
            today=await _today(tx, playbook, change.row["rule"], now),
            before=await _before(tx, case),
            stopped=stopped,
        )
        if no is None:
            assert stands is not None
            await _write_down(tx, change, int(stands.id), stands.hash, run, now)
            await release_in(tx, change, int(stands.id), stands.hash, now)
        elif no[0] == LIMIT:
            change.set(notice=LIMIT)
            change.note("approval.refused", now, run=run, code=LIMIT, data={"via": AUTOPILOT})
        await changes.save(tx, [change], now)
        return no


async def sent_today(ledger: Ledger, playbook: Playbook, now: datetime) -> dict[str, int]:
    """By rule of the autopilot: how many answers of this day of the brand went the way of it."""
    async with ledger.read() as tx:
        return {rule: await _today(tx, playbook, rule, now) for rule in playbook.autopilot}


async def _lock(tx: AsyncConnection, brand: str) -> str | None:
    """Hold the brand until the transaction ends; why it is stopped."""
    query = select(deployed.c.stop_reason).where(deployed.c.brand == brand).with_for_update()
    return (await tx.execute(query)).scalar_one_or_none()


async def _today(tx: AsyncConnection, playbook: Playbook, rule: str, now: datetime) -> int:
    zone, day = ZoneInfo(playbook.timezone), local_day(playbook, now)
    begins = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    query = _unseen().where(
        cases.c.brand == playbook.brand,
        cases.c.rule == rule,
        approvals.c.at >= begins,
        approvals.c.at < ends,
    )
    return int((await tx.execute(query)).scalar_one())


async def _before(tx: AsyncConnection, case: int) -> int:
    """Whatever was decided on the case so far, unseen or by a person."""
    query = select(func.count()).where(
        approvals.c.case == case,
        approvals.c.accepted.is_(True),
    )
    return int((await tx.execute(query)).scalar_one())


def _unseen() -> Select[tuple[int]]:
    return (
        select(func.count())
        .select_from(approvals)
        .join(cases, cases.c.id == approvals.c.case)
        .where(approvals.c.via == AUTOPILOT, approvals.c.accepted.is_(True))
    )


async def _write_down(  # noqa: PLR0917 the ledger's functions take run and time last
    tx: AsyncConnection, change: CaseChange, draft: int, hashed: str, run: str, now: datetime
) -> None:
    await tx.execute(
        insert(approvals).values(
            case=change.row["id"],
            draft=draft,
            hash=hashed,
            verdict=Verdict.approve.value,
            person=None,
            role=None,
            identity="none",
            via=AUTOPILOT,
            accepted=True,
            code="ok",
            reason="",
            run=run,
            at=now,
        )
    )
    change.note(
        "approval.given",
        now,
        run=run,
        code=AUTOPILOT,
        data={"draft": draft, "hash": hashed, "verdict": Verdict.approve.value, "via": AUTOPILOT},
    )
