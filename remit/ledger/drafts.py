"""Drafts: written by a run and shown to a person, who decides on them in `rule_on` alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from remit.ledger import bundles, changes, rows, versions
from remit.ledger.cases import holds_lease
from remit.ledger.rulings import Ruled, rule_on
from remit.ledger.store import Ledger
from remit.ledger.tables import case as case_table
from remit.ledger.tables import draft as draft_table
from remit.model import Draft, Refused, State

__all__ = ["Ruled", "await_approval", "current", "get", "rule_on", "save"]


async def get(ledger: Ledger, draft: int) -> Draft:
    """The draft of that number, voided or not."""
    async with ledger.read() as tx:
        return rows.to_draft(await rows.fetch(tx, draft_table, draft))


async def current(ledger: Ledger, case: int) -> Draft | None:
    """What stands to be decided on, or None: nothing was drafted, or it was voided."""
    async with ledger.read() as tx:
        number = (await rows.fetch(tx, case_table, case)).draft
        if number is None:
            return None
        row = await rows.fetch(tx, draft_table, number)
        return None if row.voided is not None else rows.to_draft(row)


async def save(
    ledger: Ledger,
    case: int,
    run: str,
    *,
    text: str,
    language: str,
    destination: str,
    template: str | None,
    citations: Sequence[str] = (),
    media_hash: str = "",
    writer: str | None = None,
    now: datetime,
    lease: timedelta,
) -> Draft:
    """What the run has drafted. Saving the same again returns what stands already.

    Refused codes: finished, lease_lost.
    """
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        if change.finished:
            raise Refused("finished", f"case {case} is {change.state}: nothing is to be drafted")
        holds_lease(change, run)
        change.set(lease_until=now + lease)
        playbook = await bundles.deployed_hash(tx, change.row["brand"]) or change.row["playbook"]
        hashed = versions.hash_of(text, destination, playbook, media_hash)
        stands = await versions.standing(tx, change)
        revision = change.row["thread_revision"]
        if stands is not None and (stands.hash, stands.thread_revision) == (hashed, revision):
            await changes.save(tx, [change], now)
            return rows.to_draft(stands)
        await changes.void_in(tx, [case], "replaced", now)
        written = {
            "text": text,
            "language": language,
            "destination": destination,
            "writer": writer,
            "template": template,
            "citations": list(citations),
            "hash": hashed,
            "media_hash": media_hash,
            "playbook": playbook,
            "thread_revision": revision,
        }
        saved = await versions.add(tx, change, written, now)
        change.move(State.drafted)
        change.note("draft.saved", now, run=run, data={"draft": saved.id, "hash": hashed})
        await changes.save(tx, [change], now)
        return saved


async def await_approval(  # noqa: PLR0917 the ledger's functions take who, when and how long last
    ledger: Ledger,
    case: int,
    run: str,
    draft: int,
    now: datetime,
    grace: timedelta,
    expires_at: datetime | None,
) -> int:
    """The run is about to be suspended with a form: the number of that form.

    Refused codes: finished, lease_lost, draft_voided.
    """
    async with ledger.write() as tx:
        change = await changes.lock(tx, case)
        if change.finished:
            raise Refused("finished", f"case {case} is {change.state}: nobody is to be asked")
        holds_lease(change, run)
        stands = await versions.standing(tx, change)
        if stands is None or stands.id != draft:
            raise Refused("draft_voided", f"draft {draft} does not stand any more: draft again")
        if change.state is not State.awaiting_approval:
            change.move(State.drafted)
            change.move(State.awaiting_approval)
        change.set(
            form_round=change.row["form_round"] + 1,
            form_draft=draft,
            lease_until=now + grace,
            approval_expires_at=expires_at,
        )
        asked: int = change.row["form_round"]
        change.note("case.awaiting_approval", now, run=run, data={"draft": draft, "form": asked})
        change.tell("remit.case.awaiting_approval", now)
        await changes.save(tx, [change], now)
        return asked
