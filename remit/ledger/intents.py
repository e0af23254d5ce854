"""Intents: what may go out once somebody has said yes, written in that same transaction."""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from itertools import count

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import journal
from remit.ledger.tables import publication
from remit.model import PublicationState

_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_CLOCK = secrets.randbelow(1024)
_ticks = count()


def new_key() -> str:
    """A key no publication has had: a TID of the AT Protocol, 13 characters that sort by age.

    It is a name and no business time, so it alone reads the machine's clock. Keys of one process
    never repeat; two processes differ by the clock number, and the ledger refuses a twin.
    """
    micros = time.time_ns() // 1000 + next(_ticks)
    number = (micros & ((1 << 53) - 1)) << 10 | _CLOCK
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))


async def prepare_in(
    tx: AsyncConnection,
    *,
    brand: str,
    channel: str,
    hash: str,  # noqa: A002 the word of the model
    now: datetime,
    case: int,
    draft: int | None = None,
    slot: int | None = None,
) -> int:
    """A new intent, within the transaction that approved it."""
    made = await tx.execute(
        insert(publication).values(
            brand=brand,
            channel=channel,
            case=case,
            draft=draft,
            slot=slot,
            state=PublicationState.prepared.value,
            key=new_key(),
            hash=hash,
            attempt=0,
            made_at=now,
        )
    )
    assert made.inserted_primary_key is not None
    number = int(made.inserted_primary_key[0])
    await journal.write(
        tx,
        "publication.prepared",
        brand=brand,
        now=now,
        case=case,
        publication=number,
        slot=slot,
        data={"hash": hash},
    )
    return number


async def void_in(
    tx: AsyncConnection,
    code: str,
    now: datetime,
    *,
    case: int | None = None,
    slot: int | None = None,
    publication_id: int | None = None,
) -> int:
    """Void what is prepared of a case, of a slot, or one. Returns how many."""
    query = select(publication).where(publication.c.state == PublicationState.prepared.value)
    if publication_id is not None:
        query = query.where(publication.c.id == publication_id)
    elif slot is not None:
        query = query.where(publication.c.slot == slot)
    else:
        assert case is not None, "name a case, a slot or a publication"
        query = query.where(publication.c.case == case)
    found = (await tx.execute(query.with_for_update())).all()
    for row in found:
        await tx.execute(
            update(publication)
            .where(publication.c.id == row.id)
            .values(state=PublicationState.voided.value, error=code)
        )
        await journal.write(
            tx,
            "publication.voided",
            brand=row.brand,
            now=now,
            case=row.case,
            publication=row.id,
            slot=row.slot,
            code=code,
        )
    return len(found)
