"""Counts over a brand's history that a story or a status shows."""

from __future__ import annotations

from sqlalchemy import and_, func, or_, select

from remit.ledger.store import Ledger
from remit.ledger.tables import approval as approvals
from remit.ledger.tables import case as cases
from remit.ledger.tables import event as events
from remit.ledger.tables import journal
from remit.ledger.tables import step as steps
from remit.ledger.votes import AUTOPILOT
from remit.model import Play, Verdict


async def waits(ledger: Ledger, brand: str) -> list[float]:
    """For each case that was shown to a person: seconds from its first event stored to its first form."""
    stored = (
        select(events.c.case, func.min(events.c.stored_at).label("at"))
        .where(events.c.brand == brand, events.c.case.is_not(None))
        .group_by(events.c.case)
        .subquery()
    )
    shown = (
        select(journal.c.case, func.min(journal.c.at).label("at"))
        .where(journal.c.brand == brand, journal.c.kind == "case.awaiting_approval")
        .group_by(journal.c.case)
        .subquery()
    )
    query = select(stored.c.at, shown.c.at).join(shown, shown.c.case == stored.c.case)
    async with ledger.read() as tx:
        return [(row[1] - row[0]).total_seconds() for row in await tx.execute(query)]


async def approved_replies(ledger: Ledger, brand: str) -> int:
    """Drafts of replies that a person approved."""
    query = (
        select(func.count(approvals.c.draft.distinct()))
        .join(cases, cases.c.id == approvals.c.case)
        .where(
            cases.c.brand == brand,
            cases.c.play != Play.campaign.value,
            approvals.c.accepted.is_(True),
            approvals.c.via != AUTOPILOT,
            approvals.c.verdict.in_([Verdict.approve.value, Verdict.edit.value]),
        )
    )
    async with ledger.read() as tx:
        return int((await tx.execute(query)).scalar_one())


async def events_without_owner(ledger: Ledger, brand: str) -> int:
    """Events that nobody owns or no rule decided: ought to be none, ever."""
    query = select(func.count()).where(
        and_(events.c.brand == brand, or_(events.c.owner == "", events.c.rule == ""))
    )
    async with ledger.read() as tx:
        return int((await tx.execute(query)).scalar_one())


async def steps_done(ledger: Ledger, brand: str) -> dict[int, int]:
    """By case: how many steps of its escalation were carried out."""
    query = (
        select(steps.c.case, func.count())
        .join(cases, cases.c.id == steps.c.case)
        .where(cases.c.brand == brand, steps.c.done_at.is_not(None))
        .group_by(steps.c.case)
    )
    async with ledger.read() as tx:
        return {row[0]: row[1] for row in await tx.execute(query)}
