"""What went wrong, counted from the rows and from what the platforms show, and never assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import lost, shown
from remit.ledger.store import Ledger
from remit.ledger.tables import approval as approvals
from remit.ledger.tables import case as cases
from remit.ledger.tables import draft as drafts
from remit.ledger.tables import event as events
from remit.ledger.tables import journal
from remit.ledger.tables import publication as publications
from remit.ledger.tables import step as steps
from remit.ledger.trouble import Trouble
from remit.ledger.votes import AUTOPILOT
from remit.model import Frozen, Message, PublicationState, Verdict

__all__ = ["Audit", "Trouble", "audit"]


class Audit(Frozen):
    """A brand's whole history in figures. The last three are zero where all went well."""

    events: int
    cases_by_role: Mapping[str, int]
    drafts: int
    approvals: int
    """Accepted approvals of people; an edit is one."""
    unseen: int
    """Template answers that the playbook let go without a person's yes."""
    replies: int
    posts: int
    steps: int
    """Steps of escalations that were carried out."""
    slots_returned: int
    unknown: int
    """Publications of which nobody knows whether they are out there: a person looks."""
    lost: int
    doubled: int
    unapproved: int
    troubles: tuple[Trouble, ...] = ()
    """Each of those that the last three count."""


async def audit(
    ledger: Ledger, brand: str, seen: Mapping[str, Sequence[Message]] | None = None
) -> Audit:
    """Count. `seen`: all that the platforms show of our own messages, by channel, where asked."""
    async with ledger.read() as tx:
        troubles = [
            *await lost.events_without_case(tx, brand),
            *await lost.cases_at_a_standstill(tx, brand),
            *await lost.answers_that_are_not_there(tx, brand),
            *await shown.by_the_rows(tx, brand),
        ]
        for channel, messages in (seen or {}).items():
            troubles += await shown.by_the_platform(tx, brand, channel, messages)
        unique = tuple(dict.fromkeys(troubles))
        return Audit(
            events=await _count(tx, select(events.c.id).where(events.c.brand == brand)),
            cases_by_role=await _cases_by_role(tx, brand),
            drafts=await _of_cases(tx, brand, select(drafts.c.id), drafts.c.case),
            approvals=await _of_cases(
                tx, brand, _said_yes().where(approvals.c.via != AUTOPILOT), approvals.c.case
            ),
            unseen=await _of_cases(
                tx, brand, _said_yes().where(approvals.c.via == AUTOPILOT), approvals.c.case
            ),
            replies=await _count(tx, _published(brand).where(publications.c.slot.is_(None))),
            posts=await _count(tx, _published(brand).where(publications.c.slot.is_not(None))),
            steps=await _of_cases(
                tx, brand, select(steps.c.id).where(steps.c.done_at.is_not(None)), steps.c.case
            ),
            slots_returned=await _count(
                tx,
                select(journal.c.id).where(
                    journal.c.brand == brand, journal.c.kind == "slot.returned"
                ),
            ),
            unknown=await _count(
                tx,
                select(publications.c.id).where(
                    publications.c.brand == brand,
                    publications.c.state == PublicationState.unknown.value,
                ),
            ),
            lost=_of("lost", unique),
            doubled=_of("doubled", unique),
            unapproved=_of("unapproved", unique),
            troubles=unique,
        )


def _said_yes() -> Select[tuple[int]]:
    return select(approvals.c.id).where(
        approvals.c.accepted.is_(True),
        approvals.c.verdict.in_([Verdict.approve.value, Verdict.edit.value]),
    )


def _of(kind: Literal["lost", "doubled", "unapproved"], troubles: Sequence[Trouble]) -> int:
    return sum(trouble.kind == kind for trouble in troubles)


def _published(brand: str) -> Select[tuple[int]]:
    return select(publications.c.id).where(
        publications.c.brand == brand, publications.c.state == PublicationState.published.value
    )


async def _count(tx: AsyncConnection, query: Select[tuple[int]]) -> int:
    return int((await tx.execute(select(func.count()).select_from(query.subquery()))).scalar_one())


async def _of_cases(
    tx: AsyncConnection, brand: str, query: Select[tuple[int]], case: object
) -> int:
    return await _count(tx, query.join(cases, cases.c.id == case).where(cases.c.brand == brand))


async def _cases_by_role(tx: AsyncConnection, brand: str) -> dict[str, int]:
    query = (
        select(cases.c.owner, func.count().label("cases"))
        .where(cases.c.brand == brand)
        .group_by(cases.c.owner)
        .order_by(cases.c.owner)
    )
    return {row.owner: row.cases for row in await tx.execute(query)}
