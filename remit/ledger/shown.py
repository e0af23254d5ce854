"""What went out twice, or without a yes: by the rows, and by what a platform shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger.tables import approval as approvals
from remit.ledger.tables import draft as drafts
from remit.ledger.tables import event as events
from remit.ledger.tables import journal
from remit.ledger.tables import publication as publications
from remit.ledger.tables import slot as slots
from remit.ledger.trouble import Trouble
from remit.model import Message, PublicationState, Verdict

_PUBLISHED = PublicationState.published.value
_MAY_SHOW = {PublicationState.sending, PublicationState.unknown, PublicationState.published}
_YES = [Verdict.approve.value, Verdict.edit.value]


async def by_the_rows(tx: AsyncConnection, brand: str) -> list[Trouble]:
    """One draft or slot published twice, and what was published without an accepted approval."""
    return [*await _twice(tx, brand), *await _recorded_twice(tx, brand), *await _no_yes(tx, brand)]


async def _twice(tx: AsyncConnection, brand: str) -> list[Trouble]:
    found: list[Trouble] = []
    for column in (publications.c.draft, publications.c.slot):
        query = (
            select(
                func.max(publications.c.id).label("last"),
                func.max(publications.c.case).label("case"),
                func.count().label("times"),
            )
            .where(
                publications.c.brand == brand,
                publications.c.state == _PUBLISHED,
                column.is_not(None),
            )
            .group_by(column)
            .having(func.count() > 1)
        )
        found += [
            Trouble(
                kind="doubled", code=f"{column.name}_twice", case=row.case, publication=row.last
            )
            for row in await tx.execute(query)
        ]
    return found


async def _recorded_twice(tx: AsyncConnection, brand: str) -> list[Trouble]:
    """Receipts of two messages for one intent."""
    query = select(journal.c.publication, journal.c.case, journal.c.data).where(
        journal.c.brand == brand, journal.c.kind == "publication.doubled"
    )
    return [
        Trouble(
            kind="doubled",
            code="two_receipts",
            case=row.case,
            publication=row.publication,
            message=row.data["second"],
        )
        for row in await tx.execute(query)
    ]


async def _no_yes(tx: AsyncConnection, brand: str) -> list[Trouble]:
    said_yes = {
        tuple(row)
        for row in await tx.execute(
            select(approvals.c.case, approvals.c.hash).where(
                approvals.c.accepted.is_(True), approvals.c.verdict.in_(_YES)
            )
        )
    }
    planned = {case for case, _ in said_yes}
    query = (
        select(publications, slots.c.hash.label("slot_hash"), drafts.c.hash.label("draft_hash"))
        .outerjoin(slots, slots.c.id == publications.c.slot)
        .outerjoin(drafts, drafts.c.id == publications.c.draft)
        .where(publications.c.brand == brand, publications.c.state == _PUBLISHED)
        .order_by(publications.c.id)
    )
    found = []
    for row in await tx.execute(query):
        code = None
        if row.slot is None:
            if (row.case, row.hash) not in said_yes:
                code = "no_approval"
            elif row.hash != row.draft_hash:
                code = "other_draft"
        elif row.case not in planned:
            code = "no_approval"
        elif row.hash != row.slot_hash:
            code = "other_variant"
        if code is not None:
            found.append(
                Trouble(
                    kind="unapproved",
                    code=code,
                    case=row.case,
                    slot=row.slot,
                    publication=row.id,
                    message=row.platform_id,
                )
            )
    return found


async def by_the_platform(
    tx: AsyncConnection, brand: str, channel: str, messages: Sequence[Message]
) -> list[Trouble]:
    """What the platform shows of ours against the rows."""
    mine = [message for message in messages if message.ours and not message.deleted]
    query = (
        select(publications, drafts.c.text.label("reply"), slots.c.text.label("post"))
        .outerjoin(drafts, drafts.c.id == publications.c.draft)
        .outerjoin(slots, slots.c.id == publications.c.slot)
        .where(publications.c.brand == brand, publications.c.channel == channel)
    )
    known = (await tx.execute(query)).all()
    ours = await _heard(tx, brand, channel)
    return [
        *_shown_twice(mine, known),
        *_not_ours_to_send(mine, known, {row.platform_id for row in ours if not row.deleted}),
        *_not_shown(mine, known, {row.platform_id for row in ours if row.deleted}),
    ]


async def _heard(tx: AsyncConnection, brand: str, channel: str) -> Sequence[Row[Any]]:
    """What listening has brought of our own account, deletions too."""
    query = select(events).where(
        events.c.brand == brand, events.c.channel == channel, events.c.ours.is_(True)
    )
    return (await tx.execute(query)).all()


def _publication_of(message: Message, known: Sequence[Row[Any]]) -> Row[Any] | None:
    by_id = (row for row in known if row.platform_id == message.id)
    by_key = (row for row in known if message.key is not None and row.key == message.key)
    return next(by_id, None) or next(by_key, None)


def _shown_twice(mine: Sequence[Message], known: Sequence[Row[Any]]) -> list[Trouble]:
    groups: dict[tuple[str | None, str], list[Message]] = defaultdict(list)
    for message in mine:
        groups[message.parent, _plain(message.text)].append(message)
    keys = Counter(message.key for message in mine if message.key is not None)
    found = {}
    for (parent, _), alike in groups.items():
        # A brand may post the same words in two slots, but answers nobody twice with them.
        meant = {row.id for row in (_publication_of(one, known) for one in alike) if row}
        allowed = 1 if parent is not None else max(1, len(meant))
        for message in alike[allowed:]:
            found[message.id] = "same_words"
    for key, times in keys.items():
        if times > 1:
            for message in [one for one in mine if one.key == key][1:]:
                found.setdefault(message.id, "same_key")
    return [
        Trouble(
            kind="doubled",
            code=code,
            message=number,
        )
        for number, code in found.items()
    ]


def _not_ours_to_send(
    mine: Sequence[Message], known: Sequence[Row[Any]], heard: set[str]
) -> list[Trouble]:
    found = []
    for message in mine:
        row = _publication_of(message, known)
        if row is None:
            # Written by a person on the platform itself: listening has brought it as such.
            code = None if message.id in heard else "unknown_to_the_ledger"
        elif row.state not in _MAY_SHOW:
            code = f"shown_though_{row.state}"
        else:
            approved = row.reply if row.slot is None else row.post
            same = approved is not None and _plain(approved) == _plain(message.text)
            code = None if same else "other_words"
        if code is not None:
            found.append(
                Trouble(
                    kind="unapproved",
                    code=code,
                    case=None if row is None else row.case,
                    publication=None if row is None else row.id,
                    message=message.id,
                )
            )
    return found


def _not_shown(
    mine: Sequence[Message], known: Sequence[Row[Any]], deleted: set[str]
) -> list[Trouble]:
    """Published by the ledger's word, and not there: whoever it answered still waits."""
    there = {message.id for message in mine}
    return [
        Trouble(
            kind="lost",
            code="not_shown",
            case=row.case,
            slot=row.slot,
            publication=row.id,
            message=row.platform_id,
        )
        for row in known
        if row.state == _PUBLISHED
        and row.platform_id is not None
        and row.platform_id not in there | deleted
    ]


def _plain(text: str) -> str:
    return " ".join(text.split())
