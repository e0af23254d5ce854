"""What became of a sending. Each may be said twice and changes things once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import changes, journal, outbox, rows
from remit.ledger.changes import CaseChange
from remit.ledger.slot_changes import finish_campaign_in, give_back_in
from remit.ledger.store import Ledger
from remit.ledger.tables import case as cases
from remit.ledger.tables import draft as drafts
from remit.ledger.tables import publication as publications
from remit.ledger.tables import slot as slots
from remit.model import Publication, PublicationState, Receipt, Refused, SlotState, State

_ENDED = {PublicationState.published, PublicationState.failed, PublicationState.voided}
_OWNER_ACTS = {"held", "stopped", "not_published"}
"""Nothing is wrong with the post itself: its slot goes back instead of failing."""


async def record_published(
    ledger: Ledger, publication: int, receipt: Receipt, now: datetime
) -> Publication:
    """The platform says that it is there. That is the truth, whatever the ledger had expected."""
    async with ledger.write() as tx:
        await publish_in(tx, publication, receipt, now)
        return rows.to_publication(await rows.fetch(tx, publications, publication))


async def record_failed(ledger: Ledger, publication: int, code: str, now: datetime) -> Publication:
    """It is certainly not there, and will not be tried again as it is."""
    async with ledger.write() as tx:
        row = await _lock(tx, publication)
        if row.state not in _ENDED:
            await _fail(tx, row, code, now)
        return rows.to_publication(await rows.fetch(tx, publications, publication))


async def record_unknown(ledger: Ledger, publication: int, code: str, now: datetime) -> Publication:
    """Nobody can tell from here: from now on only a person's word settles it."""
    async with ledger.write() as tx:
        row = await _lock(tx, publication)
        if row.state == PublicationState.sending:
            await _mark(tx, row, PublicationState.unknown, code, now)
            values = {"state": SlotState.unknown.value, "lease_run": None, "lease_until": None}
            await tx.execute(update(slots).where(slots.c.id == row.slot).values(**values))
            case = await rows.fetch(tx, cases, row.case)
            await tx.execute(update(cases).where(cases.c.id == row.case).values(notice=code))
            await outbox.put(
                tx,
                row.brand,
                "remit.publication.unknown",
                case=row.case,
                slot=row.slot,
                role=case.owner,
                severity=case.severity,
                now=now,
            )
        return rows.to_publication(await rows.fetch(tx, publications, publication))


async def settle(  # noqa: PLR0917 the person comes before the time, as everywhere here
    ledger: Ledger,
    publication: int,
    published: bool,
    person: str | None,
    now: datetime,
    receipt: Receipt | None = None,
) -> Publication:
    """A person has looked at the platform and says whether it is there."""
    async with ledger.write() as tx:
        row = await _lock(tx, publication)
        if row.state not in {PublicationState.unknown, PublicationState.sending}:
            said = "published" if published else "failed"
            if row.state == said:
                return rows.to_publication(row)
            raise Refused("already", f"publication {publication} is {row.state}: it is settled")
        if row.state == PublicationState.sending and row.deadline >= now:
            raise Refused("already", f"publication {publication} is being sent: wait for it")
        if published:
            await publish_in(tx, publication, receipt, now, person=person)
        else:
            await _fail(tx, row, "not_published", now, person=person)
        return rows.to_publication(await rows.fetch(tx, publications, publication))


async def publish_in(
    tx: AsyncConnection,
    publication: int,
    receipt: Receipt | None,
    now: datetime,
    *,
    person: str | None = None,
    change: CaseChange | None = None,
) -> None:
    """`record_published` inside the caller's transaction; ingest uses it for what it finds.

    A caller that has the case locked gives its `change` and saves it; else it is done here.
    """
    row = await _lock(tx, publication)
    if row.state == PublicationState.published:
        await _again(tx, row, receipt, now)
        return
    # The platform's clock may be ahead of ours; nothing is published later than it is recorded.
    at = now if receipt is None else min(receipt.time, now)
    await tx.execute(
        update(publications)
        .where(publications.c.id == row.id)
        .values(
            state=PublicationState.published.value,
            platform_id=None if receipt is None else receipt.id,
            url=None if receipt is None else receipt.url,
            published_at=at,
            error=None,
        )
    )
    await _journal(tx, row, "publication.published", now, person=person, code=row.state)
    case = change or await changes.lock(tx, row.case)
    if row.slot is None:
        await _respond(tx, row, case, at, now)
    else:
        await _slot_published(tx, row, case, now)
    if change is None:
        await changes.save(tx, [case], now)


async def _again(
    tx: AsyncConnection, row: Row[Any], receipt: Receipt | None, now: datetime
) -> None:
    if receipt is None or receipt.id == row.platform_id:
        return
    if row.platform_id is None:
        await tx.execute(
            update(publications)
            .where(publications.c.id == row.id)
            .values(platform_id=receipt.id, url=receipt.url)
        )
        return
    # The audit counts these: one intent, two messages out there.
    await _journal(
        tx, row, "publication.doubled", now, data={"first": row.platform_id, "second": receipt.id}
    )


async def _respond(
    tx: AsyncConnection, row: Row[Any], case: CaseChange, at: datetime, now: datetime
) -> None:
    if case.row["responded_at"] is None:  # what is owed from now on is the next answer
        case.set(responded_at=at, overdue_at=None, warned_at=None)
    if case.finished:
        return
    # What the author wrote while the reply was under way is not answered by it.
    draft = None if row.draft is None else await rows.fetch(tx, drafts, row.draft)
    if draft is None or draft.thread_revision == case.row["thread_revision"]:
        case.finish(State.responded, "responded", now)


async def _slot_published(
    tx: AsyncConnection, row: Row[Any], case: CaseChange, now: datetime
) -> None:
    await tx.execute(
        update(slots)
        .where(slots.c.id == row.slot)
        .values(state=SlotState.published.value, lease_run=None, lease_until=None, held_by=None)
    )
    await outbox.put(
        tx,
        row.brand,
        "remit.slot.published",
        case=row.case,
        slot=row.slot,
        role=case.row["owner"],
        severity=case.row["severity"],
        now=now,
    )
    await finish_campaign_in(tx, case, now)


async def _fail(
    tx: AsyncConnection, row: Row[Any], code: str, now: datetime, *, person: str | None = None
) -> None:
    await _mark(tx, row, PublicationState.failed, code, now, person=person)
    if row.slot is None:
        await _reopen(tx, row, code, now)
        return
    slot = await rows.fetch(tx, slots, row.slot)
    await give_back_in(
        tx,
        slot,
        code,
        now,
        state=SlotState.returned if code in _OWNER_ACTS else SlotState.failed,
    )


async def _reopen(tx: AsyncConnection, row: Row[Any], code: str, now: datetime) -> None:
    """A reply that could not be sent is still owed: the case gets another draft and another run."""
    case = await changes.lock(tx, row.case)
    if not case.finished and case.state is not State.waiting:
        case.void(code)
        case.set(notice=code)
        case.again(code, now)
        await changes.save(tx, [case], now)


async def _lock(tx: AsyncConnection, number: int) -> Row[Any]:
    """Lock the case, the slot and the publication, always in this order."""
    known = await rows.fetch(tx, publications, number)
    await rows.fetch(tx, cases, known.case, lock=True)
    if known.slot is not None:
        await rows.fetch(tx, slots, known.slot, lock=True)
    return await rows.fetch(tx, publications, number, lock=True)


async def _mark(
    tx: AsyncConnection,
    row: Row[Any],
    state: PublicationState,
    code: str,
    now: datetime,
    *,
    person: str | None = None,
) -> None:
    await tx.execute(
        update(publications)
        .where(publications.c.id == row.id)
        .values(state=state.value, error=code)
    )
    await _journal(tx, row, f"publication.{state}", now, person=person, code=code)


async def _journal(
    tx: AsyncConnection,
    row: Row[Any],
    kind: str,
    now: datetime,
    *,
    person: str | None = None,
    code: str | None = None,
    data: dict[str, object] | None = None,
) -> None:
    await journal.write(
        tx,
        kind,
        brand=row.brand,
        now=now,
        case=row.case,
        publication=row.id,
        slot=row.slot,
        person=person,
        run=row.run,
        code=code,
        data=data,
    )
