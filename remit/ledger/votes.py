"""Who said yes to what is about to leave, counted under the playbook that is deployed now."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide.autopilot import may_go_unseen
from remit.decide.tally import tally
from remit.ledger import rows
from remit.ledger.planning import PLAN_CHANGED
from remit.ledger.tables import approval as approvals
from remit.ledger.tables import draft as drafts
from remit.model import Playbook, Verdict, Vote

AUTOPILOT = "autopilot"
"""The `via` of a yes that is nobody's."""
YES = (Verdict.approve.value, Verdict.edit.value)


async def counted(
    tx: AsyncConnection,
    playbook: Playbook,
    *,
    case: Row[Any],
    draft: Row[Any] | None,
    slot: Row[Any] | None,
) -> tuple[int, int]:
    """How many said yes who may say it under the playbook that is deployed now, of how many."""
    if playbook.approvals.get(case.approval or "") is None:
        return 0, 1
    draft = draft if slot is None else await _plan(tx, case.id)
    if draft is None:
        return 0, tally(playbook, case.approval, ()).missing
    if slot is None and await _unseen(tx, draft):
        # A yes of nobody's holds as long as the playbook in force would give it again.
        allowed = may_go_unseen(rows.to_case(case), rows.to_draft(draft), playbook, today=0)
        return int(allowed is None), 1
    writers = {draft.writer}
    if slot is not None and slot.campaign in playbook.campaigns:
        writers.add(playbook.campaigns[slot.campaign].writer)
    so_far = tally(playbook, case.approval, await given(tx, draft), writers)
    return len(so_far.counted), len(so_far.counted) + so_far.missing


async def given(tx: AsyncConnection, draft: Row[Any]) -> tuple[Vote, ...]:
    """Every yes to exactly this, in order. The same words drafted anew need a new one."""
    query = (
        select(approvals.c.person, approvals.c.identity)
        .where(*_yes_to(draft))
        .order_by(approvals.c.id)
    )
    return tuple(
        Vote(person=row.person, verified=row.identity == "verified")
        for row in await tx.execute(query)
    )


async def _unseen(tx: AsyncConnection, draft: Row[Any]) -> bool:
    query = select(approvals.c.id).where(*_yes_to(draft), approvals.c.via == AUTOPILOT)
    return (await tx.execute(query)).first() is not None


def _yes_to(draft: Row[Any]) -> tuple[Any, ...]:
    return (
        approvals.c.draft == draft.id,
        approvals.c.hash == draft.hash,
        approvals.c.accepted.is_(True),
        approvals.c.verdict.in_(YES),
    )


async def _plan(tx: AsyncConnection, case: int) -> Row[Any] | None:
    """The draft of the whole campaign that was approved last; a plan that changed is none."""
    query = (
        select(drafts)
        .join(approvals, approvals.c.draft == drafts.c.id)
        .where(
            drafts.c.case == case,
            approvals.c.hash == drafts.c.hash,
            approvals.c.accepted.is_(True),
            approvals.c.verdict.in_(YES),
            or_(drafts.c.voided.is_(None), drafts.c.voided != PLAN_CHANGED),
        )
        .order_by(drafts.c.id.desc())
        .limit(1)
    )
    return (await tx.execute(query)).first()
