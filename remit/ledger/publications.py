"""Messages out: an intent before anything is sent, a receipt after.

The commit that decides is `begin_sending` (remit.ledger.sending); what became of a sending is
written by remit.ledger.outcomes. Both are offered here.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import insert, select

from remit.ledger import rows
from remit.ledger.intents import new_key, prepare_in, void_in
from remit.ledger.outcomes import (
    publish_in,
    record_failed,
    record_published,
    record_unknown,
    settle,
)
from remit.ledger.sending import begin_sending, resend
from remit.ledger.store import Ledger
from remit.ledger.tables import measurement, publication
from remit.ledger.tables import slot as slots
from remit.model import Counts, Publication, PublicationState, Refused

__all__ = [
    "begin_sending",
    "find",
    "for_slot",
    "get",
    "measurable",
    "new_key",
    "prepare_in",
    "publish_in",
    "record_counts",
    "record_failed",
    "record_published",
    "record_unknown",
    "resend",
    "settle",
    "unsettled",
    "void",
    "void_in",
]

_ENDED = {PublicationState.failed, PublicationState.voided}


async def get(ledger: Ledger, publication_id: int) -> Publication:
    async with ledger.read() as tx:
        return rows.to_publication(await rows.fetch(tx, publication, publication_id))


async def find(
    ledger: Ledger,
    brand: str | None = None,
    *,
    case: int | None = None,
    slot: int | None = None,
    states: Collection[PublicationState] | None = None,
) -> list[Publication]:
    """The publications that fit all that is asked, oldest first."""
    query = select(publication).order_by(publication.c.id)
    for column, wanted in (
        (publication.c.brand, brand),
        (publication.c.case, case),
        (publication.c.slot, slot),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if states is not None:
        query = query.where(publication.c.state.in_([str(state) for state in states]))
    async with ledger.read() as tx:
        return [rows.to_publication(row) for row in await tx.execute(query)]


async def for_slot(ledger: Ledger, slot: int, run: str, now: datetime) -> Publication:
    """The slot's one publication, made at the first call.

    A new one is made only where the last is certain never to have been published.
    """
    async with ledger.write() as tx:
        row = await rows.fetch(tx, slots, slot, lock=True)
        if row.lease_run != run:
            raise Refused("lease_lost", f"slot {slot} belongs to another run: end this one")
        query = select(publication).where(publication.c.slot == slot).order_by(publication.c.id)
        for known in await tx.execute(query):
            if known.state not in _ENDED:
                return rows.to_publication(known)
        number = await prepare_in(
            tx,
            brand=row.brand,
            channel=row.channel,
            hash=row.hash,
            now=now,
            case=row.case,
            slot=slot,
        )
        return rows.to_publication(await rows.fetch(tx, publication, number))


async def void(ledger: Ledger, publication_id: int, code: str, now: datetime) -> Publication:
    """Never send it. Refused where it may have left already."""
    async with ledger.write() as tx:
        row = await rows.fetch(tx, publication, publication_id, lock=True)
        if row.state in {PublicationState.prepared, PublicationState.voided}:
            await void_in(tx, code, now, publication_id=publication_id)
        else:
            raise Refused("already", f"publication {publication_id} is {row.state}: too late")
        return rows.to_publication(await rows.fetch(tx, publication, publication_id))


async def unsettled(ledger: Ledger, now: datetime) -> list[Publication]:
    """Sendings whose deadline has passed and of which nobody knows what became."""
    query = (
        select(publication)
        .where(
            publication.c.state == PublicationState.sending.value,
            publication.c.deadline < now,
        )
        .order_by(publication.c.id)
    )
    async with ledger.read() as tx:
        return [rows.to_publication(row) for row in await tx.execute(query)]


async def record_counts(ledger: Ledger, publication_id: int, counts: Counts, now: datetime) -> None:
    """What the audience has done with it by now; the newest value of a metric counts."""
    lines = [
        {"publication": publication_id, "at": now, "metric": metric, "value": value}
        for metric, value in counts.counts.items()
    ]
    if lines:
        async with ledger.write() as tx:
            await tx.execute(insert(measurement), lines)


async def measurable(ledger: Ledger, brand: str, since: datetime) -> list[Publication]:
    """What was published since then and can be asked for by the platform's id."""
    query = (
        select(publication)
        .where(
            publication.c.brand == brand,
            publication.c.state == PublicationState.published.value,
            publication.c.published_at >= since,
            publication.c.platform_id.is_not(None),
        )
        .order_by(publication.c.id)
    )
    async with ledger.read() as tx:
        return [rows.to_publication(row) for row in await tx.execute(query)]
