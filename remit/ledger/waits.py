"""A case waits for somebody outside, and goes on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import changes
from remit.ledger.changes import CaseChange
from remit.ledger.claims import acknowledge_in, may_work
from remit.ledger.clocks import Clocks, resume_in
from remit.ledger.store import Ledger
from remit.ledger.tables import approval as approval_table
from remit.ledger.tables import case as case_table
from remit.model import Case, Play, Playbook, Refused, State

WAIT, RESUME = "wait", "resume"
"""How the two are called beside the verdicts on a draft."""
WAITING_FOR = ("author", "supplier", "partner", "platform", "legal", "other")
"""Coded, so that the journal and a queue can name it; the person's own words go beside it."""


async def wait(  # noqa: PLR0917 the ledger's functions take who, when and how long last
    ledger: Ledger,
    case: int,
    playbook: Playbook,
    person: str,
    waiting_for: str,
    reason: str,
    via: str,
    now: datetime,
) -> Case:
    """Stop the clocks: somebody outside has to act first. What was drafted is void.

    `playbook` is the deployed one: who may do it follows it. Refused codes: finished, not_eligible,
    claimed_by, unknown_reason, campaign.
    """
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        if change.state is State.resolved:
            raise Refused("finished", f"case {case} is resolved: nothing waits any more")
        if change.row["play"] == Play.campaign.value:
            raise Refused("campaign", f"case {case} is a campaign: re-time or drop its slots")
        may_work(change, playbook, person, now, "put it to wait")
        if waiting_for not in WAITING_FOR:
            said = ", ".join(WAITING_FOR)
            raise Refused("unknown_reason", f"{waiting_for!r} is not known; say one of {said}")
        if change.state is State.waiting and change.row["waiting_for"] == waiting_for:
            return change.case
        await wait_in(tx, change, person, waiting_for, via, now)
        await _write_down(tx, case, WAIT, person, reason, via, now)
        await changes.save(tx, [change], now)
        return change.case


async def promised_under(ledger: Ledger, brand: str) -> list[str]:
    """The versions of the playbook under which the cases that are not finished were opened."""
    unfinished = [state.value for state in State if not state.finished]
    query = (
        select(case_table.c.playbook)
        .where(case_table.c.brand == brand, case_table.c.state.in_(unfinished))
        .distinct()
    )
    async with ledger.read() as tx:
        return sorted((await tx.execute(query)).scalars())


async def wait_in(  # noqa: PLR0917 the ledger's functions take who, when and how long last
    tx: AsyncConnection,
    change: CaseChange,
    person: str,
    waiting_for: str,
    via: str,
    now: datetime,
) -> None:
    """`wait` on a locked case. Who is waited for may change; since when does not."""
    if change.state is not State.waiting:
        await acknowledge_in(tx, change, None, person, via, now)
        change.move(State.waiting)
        change.pause(now)
    change.set(waiting_for=waiting_for, assignee=person)
    change.note("case.waiting", now, person=person, code=waiting_for, data={"via": via})
    change.tell("remit.case.waiting", now)


async def resume(  # noqa: PLR0917 the ledger's functions take who, when and how long last
    ledger: Ledger, case: int, clocks: Clocks, person: str, reason: str, via: str, now: datetime
) -> Case:
    """The wait is over without the author: the clocks go on and another run starts.

    Refused codes: not_waiting, not_eligible, claimed_by.
    """
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        if change.state is not State.waiting:
            raise Refused("not_waiting", f"case {case} is {change.state}: it waits for nobody")
        may_work(change, clocks.playbook, person, now, "end its wait")
        resume_in(change, clocks, now, change.row["last_event_at"])
        change.set(notice="wait_over")
        change.again("wait_over", now)
        await _write_down(tx, case, RESUME, person, reason, via, now)
        await changes.save(tx, [change], now)
        return change.case


async def _write_down(  # noqa: PLR0917 the ledger's functions take who, when and how long last
    tx: AsyncConnection,
    case: int,
    verdict: str,
    person: str,
    reason: str,
    via: str,
    now: datetime,
) -> None:
    """The person's words, beside those that they say of drafts: the journal takes none."""
    await tx.execute(
        insert(approval_table).values(
            case=case,
            verdict=verdict,
            person=person,
            identity="asserted",
            via=via,
            accepted=True,
            code="ok",
            reason=reason,
            at=now,
        )
    )
