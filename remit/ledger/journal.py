"""The journal: append-only lines of ids, times, roles, hashes and coded reasons. No text, no handle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger.store import Ledger
from remit.ledger.tables import journal
from remit.model import Frozen


class JournalLine(Frozen):
    """One line, as written."""

    id: int
    at: AwareDatetime
    brand: str
    kind: str
    event: int | None = None
    case: int | None = None
    publication: int | None = None
    slot: int | None = None
    role: str | None = None
    person: str | None = None
    identity: str | None = None
    run: str | None = None
    code: str | None = None
    data: Mapping[str, Any] | None = None


def line(
    kind: str,
    *,
    brand: str,
    now: datetime,
    event: int | None = None,
    case: int | None = None,
    publication: int | None = None,
    slot: int | None = None,
    role: str | None = None,
    person: str | None = None,
    identity: str | None = None,
    run: str | None = None,
    code: str | None = None,
    data: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """A row for `write_all`."""
    return {
        "kind": kind,
        "brand": brand,
        "at": now,
        "event": event,
        "case": case,
        "publication": publication,
        "slot": slot,
        "role": role,
        "person": person,
        "identity": identity,
        "run": run,
        "code": code,
        "data": data,
    }


async def write(
    tx: AsyncConnection,
    kind: str,
    *,
    brand: str,
    now: datetime,
    event: int | None = None,
    case: int | None = None,
    publication: int | None = None,
    slot: int | None = None,
    role: str | None = None,
    person: str | None = None,
    identity: str | None = None,
    run: str | None = None,
    code: str | None = None,
    data: Mapping[str, object] | None = None,
) -> None:
    """Add one line in the caller's transaction."""
    row = line(
        kind,
        brand=brand,
        now=now,
        event=event,
        case=case,
        publication=publication,
        slot=slot,
        role=role,
        person=person,
        identity=identity,
        run=run,
        code=code,
        data=data,
    )
    await write_all(tx, [row])


async def write_all(tx: AsyncConnection, rows: Sequence[dict[str, object]]) -> None:
    """Add many lines with one statement."""
    if rows:
        await tx.execute(insert(journal), list(rows))


async def of_case(ledger: Ledger, case: int) -> list[JournalLine]:
    """All lines of a case, oldest first."""
    async with ledger.read() as tx:
        found = await tx.execute(
            select(journal).where(journal.c.case == case).order_by(journal.c.id)
        )
        return [JournalLine(**row) for row in found.mappings()]
