"""From a brief to slots: every variant written down before anybody approves it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from remit.decide.approvals import content_hash
from remit.ledger import journal, rows
from remit.ledger.store import Ledger
from remit.ledger.tables import case as cases
from remit.ledger.tables import draft as drafts
from remit.ledger.tables import slot as slots
from remit.model import Brief, BriefPost, Playbook, Refused, Slot, SlotState

PLAN_CHANGED = "plan_changed"
"""Why a draft of a campaign was voided: the slots are no longer those it showed."""


async def plan(  # noqa: PLR0917 the ledger's functions take the lease last
    ledger: Ledger,
    case: int,
    run: str,
    brief: Brief,
    playbook: Playbook,
    now: datetime,
    lease: timedelta,
) -> list[Slot]:
    """Write down every variant of a brief. The same brief again changes nothing.

    A variant that changed voids the draft that stood for the plan: what was shown is not what is
    there. Slots that are past planning stay as they are.
    """
    async with ledger.write() as tx:
        row = await rows.fetch(tx, cases, case, lock=True)
        if row.lease_run != run:
            raise Refused("lease_lost", f"case {case} belongs to another run: end this one")
        await tx.execute(update(cases).where(cases.c.id == case).values(lease_until=now + lease))
        known = {
            (slot.post, slot.channel): slot
            for slot in await tx.execute(select(slots).where(slots.c.case == case))
        }
        wanted = {
            (values["post"], values["channel"]): values
            for values in _variants(row, brief, playbook, now)
        }
        changed = [
            slot.id
            for key, slot in known.items()
            if slot.state == SlotState.planned and not _same(slot, wanted.get(key))
        ]
        await tx.execute(delete(slots).where(slots.c.id.in_(changed)))
        kept = {key for key, slot in known.items() if slot.id not in changed}
        fresh = [values for key, values in wanted.items() if key not in kept]
        if fresh:
            await tx.execute(insert(slots), fresh)
        if known and (changed or fresh):
            await tx.execute(
                update(drafts)
                .where(drafts.c.id == row.draft, drafts.c.voided.is_(None))
                .values(voided=PLAN_CHANGED)
            )
        if fresh or changed:
            await journal.write(
                tx,
                "campaign.planned",
                brand=row.brand,
                now=now,
                case=case,
                run=run,
                data={"slots": len(fresh), "replaced": len(changed)},
            )
        query = select(slots).where(slots.c.case == case).order_by(slots.c.at, slots.c.id)
        return [rows.to_slot(slot) for slot in await tx.execute(query)]


def _variants(
    case: Row[Any], brief: Brief, playbook: Playbook, now: datetime
) -> Iterator[dict[str, Any]]:
    for post in brief.posts:
        for channel in post.channels:
            text = post.texts.get(channel, post.text)
            media = [[image.file, image.alt] for image in post.images]
            after = None if post.after is None else post.after.calendar
            yield {
                "brand": case.brand,
                "case": case.id,
                "campaign": brief.id,
                "post": post.id,
                "channel": channel,
                "owner": case.owner,
                "state": SlotState.planned.value,
                # A relative time is shown as if approved now; the approval fixes it.
                "at": post.at if after is None else now + after,
                "after_seconds": None if after is None else int(after.total_seconds()),
                "text": text,
                "media": media,
                "topics": list(post.topics),
                "language": post.language,
                "hash": variant_hash(post, channel, playbook.hash),
                "playbook": playbook.hash,
                "attempt": 1,
            }


def variant_hash(post: BriefPost, channel: str, playbook: str) -> str:
    """What an approval of this variant covers. The bundle's hash covers the bytes of pictures."""
    text = post.texts.get(channel, post.text)
    return content_hash(text, [(image.file, image.alt) for image in post.images], channel, playbook)


def _same(slot: Row[Any], wanted: dict[str, Any] | None) -> bool:
    if wanted is None:
        return False
    names = ["hash", "after_seconds", "owner", "topics", "language"]
    if wanted["after_seconds"] is None:
        names.append("at")
    return all(getattr(slot, name) == wanted[name] for name in names)
