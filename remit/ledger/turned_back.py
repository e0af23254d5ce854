"""An approved answer that may not go out: its intent is void, and the case asks again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger import changes, intents, versions
from remit.ledger.changes import CaseChange
from remit.ledger.store import Ledger
from remit.model import Case, State


async def turn_back(
    ledger: Ledger, case: int, publication: int, code: str, now: datetime, *, anew: bool
) -> Case:
    """Void the intent and say why on the next form; with `anew` the draft is void as well.

    A case that ended meanwhile stays as it is. What is sending already is not touched.
    """
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        await intents.void_in(tx, code, now, publication_id=publication)
        if not change.finished:
            change.set(notice=code)
            if anew and change.row["draft"] is not None:
                change.void(code)
                change.move(State.open)
            elif (stands := await versions.standing(tx, change)) is not None:
                await _once_more(tx, change, stands, code, now)
            change.note("case.turned_back", now, code=code)
            await changes.save(tx, [change], now)
        return change.case


async def _once_more(
    tx: AsyncConnection, change: CaseChange, stands: Row[Any], code: str, now: datetime
) -> None:
    """The same draft as a fresh version: the yes that led nowhere is spent, and a new one counts."""
    kept = (
        "text",
        "language",
        "destination",
        "writer",
        "template",
        "citations",
        "hash",
        "media_hash",
        "playbook",
        "thread_revision",
    )
    written = {name: getattr(stands, name) for name in kept}
    await changes.void_in(tx, [change.row["id"]], code, now)
    await versions.add(tx, change, written, now)


async def note(ledger: Ledger, case: int, code: str, now: datetime) -> None:
    """Say on the next form why nothing was done."""
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        change.set(notice=code)
        await changes.save(tx, [change], now)
