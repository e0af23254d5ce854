"""All that a person needs to see of one case, in one value."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime
from sqlalchemy import Row, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import rows
from remit.ledger.rows import mapping
from remit.ledger.store import Ledger
from remit.ledger.tables import approval as approval_table
from remit.ledger.tables import case as case_table
from remit.ledger.tables import event as event_table
from remit.ledger.tables import handoff as handoff_table
from remit.ledger.tables import hold as hold_table
from remit.ledger.tables import publication as publication_table
from remit.ledger.tables import said as said_table
from remit.ledger.tables import slot as slot_table
from remit.ledger.threads import conversation
from remit.model import Case, Frozen, HoldState, Message

EARLIER = 20
"""So many of an author's earlier cases are shown, the newest."""


class Earlier(Frozen):
    """Another case, in one line."""

    id: int
    state: str
    outcome: str | None = None
    rule: str
    topics: tuple[str, ...] = ()
    opened_at: AwareDatetime


class Under(Frozen):
    """The post of ours that a conversation hangs under."""

    kind: str
    """campaign or organic: a post that Remit did not publish is organic."""
    message: str
    """The platform's id of the post."""
    campaign: str | None = None
    post: str | None = None
    slot: int | None = None
    url: str | None = None


class Said(Frozen):
    """What a person said of the case or of a draft of it, refusals included."""

    person: str | None
    role: str | None = None
    identity: str
    verdict: str | None
    code: str
    """ok, or why it did not count."""
    reason: str = ""
    """The person's own words."""
    draft: int | None = None
    at: AwareDatetime


class Handoff(Frozen):
    """An offer to another role, and what became of it."""

    from_role: str
    to_role: str
    offered_by: str | None = None
    offered_at: AwareDatetime
    expires_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    code: str | None = None
    """accepted, expired or withdrawn; None while it stands."""
    reason: str = ""


class Dossier(Frozen):
    """A case with its conversation and all that belongs to it."""

    case: Case
    notice: str | None = None
    """Coded: why nothing was sent."""
    messages: tuple[Message, ...] = ()
    """The conversation, oldest first, ours and bystanders' included."""
    author_relation: str | None = None
    """customer, press, staff ...: what the contact list or the platform says of the author."""
    consulted: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    """The author's other cases that opened before, newest first."""
    linked: tuple[int, ...] = ()
    """Cases beside this one, in either direction."""
    under: Under | None = None
    holds: tuple[HoldState, ...] = ()
    """What the case stops now."""
    said: tuple[Said, ...] = ()
    """Approvals, rejections, waits, refusals: oldest first."""
    handoffs: tuple[Handoff, ...] = ()
    incident: int | None = None


async def dossier(ledger: Ledger, case_id: int) -> Dossier:
    """Read it all. Raises Missing. What was erased is left out."""
    async with ledger.read() as tx:
        row = await rows.fetch(tx, case_table, case_id)
        case = rows.to_case(row)
        about = await _subject(tx, case)
        author, relation = _author(about)
        found: dict[str, Any] = {
            "author_relation": relation,
            "earlier": tuple(_line(one) for one in await _earlier(tx, case, author, EARLIER)),
            "linked": await _linked(tx, case),
            "under": await _under(tx, case, about),
            "holds": await _holds(tx, case_id),
            "said": await _said(tx, case_id),
            "handoffs": await _handoffs(tx, case_id),
        }
    return Dossier(
        case=case,
        notice=row.notice,
        consulted=tuple(row.consulted),
        informed=tuple(row.informed),
        messages=await conversation(ledger, case_id),
        incident=case.incident,
        **found,
    )


async def earlier(ledger: Ledger, case: Case, limit: int = EARLIER) -> list[Case]:
    """The cases of the same author that opened before this one, newest first."""
    async with ledger.read() as tx:
        author, _ = _author(await _subject(tx, case))
        return await _earlier(tx, case, author, limit)


async def _subject(tx: AsyncConnection, case: Case) -> Row[Any] | None:
    query = (
        select(event_table.c.parent, said_table.c.author_id, said_table.c.body)
        .outerjoin(said_table, said_table.c.event == event_table.c.id)
        .where(event_table.c.id == case.subject_event)
    )
    return (await tx.execute(query)).one_or_none()


def _author(about: Row[Any] | None) -> tuple[str | None, str | None]:
    """(the platform's id, the relation); both None once it was erased."""
    if about is None or about.author_id is None:
        return None, None
    relation: str | None = ((about.body or {}).get("author") or {}).get("relation")
    return about.author_id, relation


async def _earlier(tx: AsyncConnection, case: Case, author: str | None, limit: int) -> list[Case]:
    if author is None:
        return []
    theirs = (
        select(event_table.c.case)
        .join(said_table, said_table.c.event == event_table.c.id)
        .where(
            said_table.c.author_id == author,
            event_table.c.brand == case.brand,
            event_table.c.platform == case.platform,  # ids of two platforms may be alike
            event_table.c.ours.is_(False),
            event_table.c.case < case.id,
        )
    )
    query = (
        select(case_table)
        .where(case_table.c.id.in_(theirs))
        .order_by(case_table.c.id.desc())
        .limit(limit)
    )
    return [rows.to_case(row) for row in await tx.execute(query)]


def _line(case: Case) -> Earlier:
    return Earlier(
        id=case.id,
        state=case.state.value,
        outcome=case.outcome,
        rule=case.rule,
        topics=case.topics,
        opened_at=case.opened_at,
    )


async def _linked(tx: AsyncConnection, case: Case) -> tuple[int, ...]:
    beside = or_(case_table.c.linked == case.id, case_table.c.id == case.linked)
    query = (
        select(case_table.c.id)
        .where(beside, case_table.c.brand == case.brand)
        .order_by(case_table.c.id)
    )
    return tuple((await tx.execute(query)).scalars())


async def _under(tx: AsyncConnection, case: Case, about: Row[Any] | None) -> Under | None:
    """The conversation's first message, or the one answered, where it is a post of ours."""
    parent = None if about is None else about.parent
    places = [name for name in (case.thread, parent) if name is not None]
    if not places or case.channel is None:
        return None
    published = (
        select(publication_table.c.platform_id, publication_table.c.url)
        .add_columns(slot_table.c.id, slot_table.c.campaign, slot_table.c.post)
        .join(slot_table, slot_table.c.id == publication_table.c.slot)
        .where(
            publication_table.c.brand == case.brand,
            publication_table.c.channel == case.channel,
            publication_table.c.platform_id.in_(places),
        )
    )
    slots = {row.platform_id: row for row in await tx.execute(published)}
    ours = (
        select(event_table.c.platform_id, said_table.c.url)
        .outerjoin(said_table, said_table.c.event == event_table.c.id)
        .where(
            event_table.c.brand == case.brand,
            event_table.c.channel == case.channel,
            event_table.c.platform_id.in_(places),
            event_table.c.ours.is_(True),
            event_table.c.parent.is_(None),
        )
    )
    posts = {row.platform_id: row.url for row in await tx.execute(ours)}
    for place in places:
        if place in slots:
            row = slots[place]
            return Under(
                kind="campaign",
                message=place,
                campaign=row.campaign,
                post=row.post,
                slot=row.id,
                url=row.url,
            )
        if place in posts:
            return Under(kind="organic", message=place, url=posts[place])
    return None


async def _holds(tx: AsyncConnection, case: int) -> tuple[HoldState, ...]:
    on = and_(hold_table.c.started_at.is_not(None), hold_table.c.ended_at.is_(None))
    query = select(hold_table).where(hold_table.c.case == case, on).order_by(hold_table.c.id)
    return tuple(rows.to_hold(row) for row in await tx.execute(query))


async def _said(tx: AsyncConnection, case: int) -> tuple[Said, ...]:
    query = (
        select(approval_table)
        .where(approval_table.c.case == case)
        .order_by(approval_table.c.at, approval_table.c.id)
    )
    return tuple(
        Said(**{name: mapping(row)[name] for name in Said.model_fields})
        for row in await tx.execute(query)
    )


async def _handoffs(tx: AsyncConnection, case: int) -> tuple[Handoff, ...]:
    query = (
        select(handoff_table)
        .where(handoff_table.c.case == case)
        .order_by(handoff_table.c.offered_at, handoff_table.c.id)
    )
    return tuple(
        Handoff(**{name: mapping(row)[name] for name in Handoff.model_fields})
        for row in await tx.execute(query)
    )
