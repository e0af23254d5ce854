"""How far the approval of a case has come: what the next form says beside the draft."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide.tally import tally
from remit.ledger import rows, votes
from remit.ledger.absences import away_on
from remit.ledger.rulings import local_day
from remit.ledger.store import Ledger
from remit.ledger.tables import approval as approvals
from remit.ledger.tables import case as cases
from remit.ledger.tables import draft as drafts
from remit.model import Frozen, Playbook, Verdict


class Standing(Frozen):
    """What was decided so far, and who cannot decide today."""

    approved: tuple[str, ...] = ()
    """The people whose yes counts, in order."""
    away: frozenset[str] = frozenset()
    rejected: str | None = None
    """Why the last draft that was rejected was, in the words of who did it."""
    rejections: int = 0
    """How many drafts of this case were rejected."""


async def standing(ledger: Ledger, case: int, playbook: Playbook, now: datetime) -> Standing:
    """How far it has come with this playbook, which is the deployed one."""
    async with ledger.read() as tx:
        row = await rows.fetch(tx, cases, case)
        approved: tuple[str, ...] = ()
        if row.draft is not None:
            draft = await rows.fetch(tx, drafts, row.draft)
            given = await votes.given(tx, draft)
            approved = tally(playbook, row.approval, given, (draft.writer,)).counted
        reasons = await _reasons(tx, case)
        return Standing(
            approved=approved,
            away=await away_on(tx, row.brand, local_day(playbook, now)),
            rejected=reasons[-1] if reasons else None,
            rejections=len(reasons),
        )


async def _reasons(tx: AsyncConnection, case: int) -> list[str]:
    """Of every rejection that counted, the oldest first."""
    query = (
        select(approvals.c.reason)
        .where(
            approvals.c.case == case,
            approvals.c.accepted.is_(True),
            approvals.c.verdict == Verdict.reject.value,
        )
        .order_by(approvals.c.id)
    )
    return list((await tx.execute(query)).scalars())
