"""An approved answer that may not go out: its intent is void, and the case asks again."""

from __future__ import annotations

from datetime import datetime

from remit.ledger import changes, intents
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
            change.note("case.turned_back", now, code=code)
            await changes.save(tx, [change], now)
        return change.case


async def note(ledger: Ledger, case: int, code: str, now: datetime) -> None:
    """Say on the next form why nothing was done."""
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        change.set(notice=code)
        await changes.save(tx, [change], now)
