"""What the brand's own account wrote: sent by Remit, or by somebody outside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger.arrivals import Coming, chunks
from remit.ledger.changes import CaseChange
from remit.ledger.grouping import Cases
from remit.ledger.outcomes import publish_in
from remit.ledger.tables import draft as draft_table
from remit.ledger.tables import event as event_table
from remit.ledger.tables import publication as publication_table
from remit.ledger.tables import slot as slot_table
from remit.ledger.threads import answers
from remit.model import PublicationState, Receipt

_OPEN = (PublicationState.sending.value, PublicationState.unknown.value)


async def link(tx: AsyncConnection, brand: str, ours: Sequence[Coming], now: datetime) -> None:
    """Recognise what Remit has sent, and complete a publication whose answer never came back."""
    by_key: dict[tuple[str, str], tuple[int, int | None, bool]] = {}
    names = {name for one in ours for name in (one.arrival.key, one.event.id) if name}
    columns = publication_table.c
    for some in chunks(list(names)):
        query = select(columns.id, columns.case, columns.channel, columns.key, columns.platform_id)
        query = query.where(
            columns.brand == brand, or_(columns.key.in_(some), columns.platform_id.in_(some))
        )
        for row in await tx.execute(query):
            by_key[row.channel, row.key] = (row.id, row.case, True)
            if row.platform_id is not None:
                by_key.setdefault((row.channel, row.platform_id), (row.id, row.case, False))
    unsettled = await _unsettled(tx, brand) if ours else {}
    for one in ours:
        found = (
            by_key.get((one.channel, one.arrival.key or ""))
            or by_key.get((one.channel, one.event.id))
            or unsettled.pop(_place(one.channel, one.event.parent, one.event.text), None)
        )
        if found is None:
            continue
        publication, one.case_number, news = found
        one.sent = True
        if news:
            receipt = Receipt(id=one.event.id, url=one.arrival.url, time=one.event.time)
            await publish_in(tx, publication, receipt, now)


async def _unsettled(
    tx: AsyncConnection, brand: str
) -> dict[tuple[str, str], tuple[int, int | None, bool]]:
    """What may be out there, by place and words: some platforms do not show our key."""
    columns = publication_table.c
    query = (
        select(columns.id, columns.case, columns.channel, draft_table.c.destination)
        .add_columns(func.coalesce(slot_table.c.text, draft_table.c.text).label("text"))
        .outerjoin(draft_table, draft_table.c.id == columns.draft)
        .outerjoin(slot_table, slot_table.c.id == columns.slot)
        .where(columns.brand == brand, columns.state.in_(_OPEN))
        .order_by(columns.id)
    )
    found: dict[tuple[str, str], tuple[int, int | None, bool]] = {}
    for row in await tx.execute(query):
        place = row.destination if row.destination is not None else row.channel
        found.setdefault((place, (row.text or "").strip()), (row.id, row.case, True))
    return found


def _place(channel: str, parent: str | None, text: str | None) -> tuple[str, str]:
    return (channel if parent is None else f"{channel} {parent}"), (text or "").strip()


async def answered(tx: AsyncConnection, brand: str, ours: Sequence[Coming]) -> dict[str, set[int]]:
    """The cases of the messages that these replies answer: `channel id` to their numbers."""
    found: dict[str, set[int]] = {}
    columns = event_table.c
    parents = {one.event.parent for one in ours if one.event.parent and not one.sent}
    for some in chunks(list(parents)):
        query = (
            select(columns.channel, columns.platform_id, columns.case)
            .where(
                columns.brand == brand,
                columns.platform_id.in_(some),
                columns.ours.is_(False),
                columns.case.is_not(None),
            )
            .order_by(columns.id)
        )
        for row in await tx.execute(query):
            found.setdefault(f"{row.channel} {row.platform_id}", set()).add(row.case)
    return found


def outside(found: Cases, one: Coming, case: CaseChange) -> None:
    """Somebody has answered with the brand's account, and not through Remit."""
    one.case = case
    message = one.event.id, one.revision
    if case.finished or message in case.seen or (case.row["id"], *message) in found.seen:
        return
    case.seen[message] = found.now
    row = case.row
    if answers(row["subject"], row["last_event_at"], one.event.parent, one.event.time):
        case.answered_outside(found.now)
    else:
        case.moved("answered_before", found.now)
