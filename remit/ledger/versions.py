"""The versions of a case's draft: what stands, and what replaces it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide.approvals import content_hash
from remit.ledger import rows
from remit.ledger.changes import CaseChange
from remit.ledger.tables import draft as draft_table
from remit.model import Draft


def hash_of(text: str, destination: str, playbook: str, media_hash: str) -> str:
    """What an approval covers."""
    media = (("media", media_hash),) if media_hash else ()
    return content_hash(text, media, destination, playbook)


async def standing(tx: AsyncConnection, change: CaseChange) -> Row[Any] | None:
    """The row of the draft that is to be decided on, locked; None where there is none."""
    number = change.row["draft"]
    if number is None:
        return None
    row = await rows.fetch(tx, draft_table, number, lock=True)
    return None if row.voided is not None else row


async def add(
    tx: AsyncConnection, change: CaseChange, written: dict[str, Any], now: datetime
) -> Draft:
    """A new version, which is the case's draft from now on."""
    case = change.row["id"]
    last = select(func.max(draft_table.c.version)).where(draft_table.c.case == case)
    version = ((await tx.execute(last)).scalar() or 0) + 1
    made = await tx.execute(
        insert(draft_table).values(**written, case=case, version=version, made_at=now)
    )
    assert made.inserted_primary_key is not None
    row = await rows.fetch(tx, draft_table, int(made.inserted_primary_key[0]))
    change.set(draft=row.id)
    return rows.to_draft(row)
