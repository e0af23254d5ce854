"""What a page of a case was made from: two marks that move when there is something new to show."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Select, Table, func, select

from remit.ledger.store import Ledger
from remit.ledger.tables import case as case_table
from remit.ledger.tables import event as event_table
from remit.ledger.tables import journal
from remit.model import State

_UNFINISHED = [state.value for state in State if not state.finished]


class Mark(NamedTuple):
    """The newest line of the journal about a case, and the newest message that belongs to it.

    Not of its thread: under a post that hundreds answer, each would move the marks of all.
    """

    line: int
    event: int


async def marks(ledger: Ledger, brand: str) -> dict[int, Mark]:
    """The marks of every unfinished case of a brand, by its number."""
    async with ledger.read() as tx:
        lines = await tx.execute(_newest(journal, brand))
        events = dict(tuple(row) for row in await tx.execute(_newest(event_table, brand)))
        return {row[0]: Mark(line=row[1] or 0, event=events[row[0]] or 0) for row in lines}


def _newest(table: Table, brand: str) -> Select[tuple[int, int | None]]:
    """Of every unfinished case: the greatest number of a row of this table that is about it."""
    return (
        select(case_table.c.id, func.max(table.c.id))
        .outerjoin(table, table.c.case == case_table.c.id)
        .where(case_table.c.brand == brand, case_table.c.state.in_(_UNFINISHED))
        .group_by(case_table.c.id)
    )
