"""What the ledger tells to whoever measures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, select
from sqlalchemy import case as case_when
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger.store import Ledger
from remit.ledger.tables import approval as approvals
from remit.ledger.tables import case as cases
from remit.ledger.tables import event as events
from remit.ledger.tables import measurement
from remit.ledger.tables import publication as publications
from remit.ledger.tables import slot as slots
from remit.ledger.votes import AUTOPILOT
from remit.model import CaseFact, EventFact, Facts, PublicationFact, PublicationState


async def facts(ledger: Ledger, brand: str, since: datetime, until: datetime) -> Facts:
    """All that happened from `since` up to, and without, `until`, of one instant of the ledger."""
    async with ledger.read() as tx:
        return Facts(
            brand=brand,
            since=since,
            until=until,
            events=tuple(await _events(tx, brand, since, until)),
            cases=tuple(await _cases(tx, brand, since, until)),
            publications=tuple(await _publications(tx, brand, since, until)),
        )


async def _events(
    tx: AsyncConnection, brand: str, since: datetime, until: datetime
) -> list[EventFact]:
    # The first revision stands for the message; an edit is the same message again.
    first = (
        select(func.min(events.c.id).label("id"))
        .where(events.c.brand == brand)
        .group_by(events.c.channel, events.c.platform_id)
        .subquery()
    )
    query = (
        select(events.c.owner, events.c.kind, events.c.time, events.c.ours)
        .join(first, first.c.id == events.c.id)
        .where(events.c.time >= since, events.c.time < until)
        .order_by(events.c.id)
    )
    return [EventFact(**row) for row in (await tx.execute(query)).mappings()]


async def _cases(
    tx: AsyncConnection, brand: str, since: datetime, until: datetime
) -> list[CaseFact]:
    first = (
        select(events.c.case, func.min(events.c.time).label("asked_at"))
        .where(events.c.brand == brand, events.c.ours.is_(False), events.c.case.is_not(None))
        .group_by(events.c.case)
        .subquery()
    )
    # By the first reply that went unseen, and by the first one that a person approved.
    replies = (
        select(
            publications.c.case,
            func.max(case_when((_unseen(), 1), else_=0)).label("unseen"),
            func.min(case_when((~_unseen(), publications.c.published_at))).label("approved_at"),
        )
        .where(
            publications.c.brand == brand,
            publications.c.slot.is_(None),
            publications.c.state == PublicationState.published.value,
        )
        .group_by(publications.c.case)
        .subquery()
    )
    query = (
        select(cases, first.c.asked_at, replies.c.unseen, replies.c.approved_at)
        .outerjoin(first, first.c.case == cases.c.id)
        .outerjoin(replies, replies.c.case == cases.c.id)
        .where(cases.c.brand == brand, cases.c.opened_at >= since, cases.c.opened_at < until)
        .order_by(cases.c.id)
    )
    return [_case(row) for row in await tx.execute(query)]


def _case(row: Row[Any]) -> CaseFact:
    return CaseFact(
        owner=row.owner,
        rule=row.rule,
        play=row.play,
        state=row.state,
        asked_at=row.asked_at or row.opened_at,
        opened_at=row.opened_at,
        responded_at=row.approved_at if row.unseen else row.responded_at,
        unseen=bool(row.unseen),
        outcome=row.outcome,
        first_response_due=row.first_response_due,
    )


async def _publications(
    tx: AsyncConnection, brand: str, since: datetime, until: datetime
) -> list[PublicationFact]:
    counts = await _counts(tx, brand)
    query = (
        select(
            publications,
            cases.c.owner,
            slots.c.owner.label("slot_owner"),
            _unseen().label("unseen"),
        )
        .join(cases, cases.c.id == publications.c.case)
        .outerjoin(slots, slots.c.id == publications.c.slot)
        .where(
            publications.c.brand == brand,
            publications.c.state == PublicationState.published.value,
            publications.c.published_at >= since,
            publications.c.published_at < until,
        )
        .order_by(publications.c.id)
    )
    return [
        PublicationFact(
            owner=row.slot_owner or row.owner,
            channel=row.channel,
            kind="reply" if row.slot is None else "post",
            unseen=bool(row.unseen),
            published_at=row.published_at,
            counts=counts.get(row.id, {}),
        )
        for row in await tx.execute(query)
    ]


def _unseen() -> ColumnElement[bool]:
    """Whether a publication's draft went out on nobody's yes."""
    return exists().where(
        approvals.c.draft == publications.c.draft,
        approvals.c.via == AUTOPILOT,
        approvals.c.accepted.is_(True),
    )


async def _counts(tx: AsyncConnection, brand: str) -> Mapping[int, Mapping[str, int]]:
    """The newest value of each metric of each publication."""
    newest = (
        select(func.max(measurement.c.id).label("id"))
        .join(publications, publications.c.id == measurement.c.publication)
        .where(publications.c.brand == brand)
        .group_by(measurement.c.publication, measurement.c.metric)
        .subquery()
    )
    query = select(measurement).join(newest, and_(newest.c.id == measurement.c.id))
    found: dict[int, dict[str, int]] = {}
    for row in await tx.execute(query):
        found.setdefault(row.publication, {})[row.metric] = row.value
    return found
