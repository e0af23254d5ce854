"""Who said yes to what is about to leave, counted under the playbook that is deployed now."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide.approvals import eligible
from remit.ledger.planning import PLAN_CHANGED
from remit.ledger.tables import approval as approvals
from remit.ledger.tables import draft as drafts
from remit.model import Playbook, Verdict

_YES = (Verdict.approve.value, Verdict.edit.value)


async def counted(
    tx: AsyncConnection,
    playbook: Playbook,
    *,
    case: Row[Any],
    draft: Row[Any] | None,
    slot: Row[Any] | None,
) -> tuple[int, int]:
    """How many said yes who may say it under the playbook that is deployed now, of how many."""
    rule = playbook.approvals.get(case.approval or "")
    if rule is None:
        return 0, 1
    draft = draft if slot is None else await _plan(tx, case.id)
    if draft is None:
        return 0, rule.count
    writers = [draft.writer]
    if slot is not None and slot.campaign in playbook.campaigns:
        writers.append(playbook.campaigns[slot.campaign].writer)
    may = set.intersection(*(set(eligible(playbook, rule.id, writer)) for writer in writers))
    query = select(approvals.c.person, approvals.c.identity).where(
        approvals.c.draft == draft.id,
        approvals.c.hash == draft.hash,
        approvals.c.accepted.is_(True),
        approvals.c.verdict.in_(_YES),
    )
    given = {
        vote.person
        for vote in await tx.execute(query)
        if vote.person in may and (rule.identity == "asserted" or vote.identity == "verified")
    }
    return len(given), rule.count


async def _plan(tx: AsyncConnection, case: int) -> Row[Any] | None:
    """The draft of the whole campaign that was approved last; a plan that changed is none."""
    query = (
        select(drafts)
        .join(approvals, approvals.c.draft == drafts.c.id)
        .where(
            drafts.c.case == case,
            approvals.c.hash == drafts.c.hash,
            approvals.c.accepted.is_(True),
            approvals.c.verdict.in_(_YES),
            or_(drafts.c.voided.is_(None), drafts.c.voided != PLAN_CHANGED),
        )
        .order_by(drafts.c.id.desc())
        .limit(1)
    )
    return (await tx.execute(query)).first()
