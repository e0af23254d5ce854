"""What the ledger and the contact list add to an event before it is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.ledger.arrivals import Coming, chunks
from remit.ledger.tables import event as event_table
from remit.ledger.tables import publication as publication_table
from remit.model import Contact, Event, Playbook

Place = tuple[str, str]
"""A channel and the platform's id of a message on it."""


async def enrich(tx: AsyncConnection, playbook: Playbook, coming: Sequence[Coming]) -> None:
    """Set `under`, the author's relation and the brand's own fields."""
    under = await _roots(tx, playbook.brand, coming)
    contacts = {_address(one.platform, one.handle): one for one in playbook.contacts}
    for one in coming:
        event = one.event
        changed: dict[str, object] = {}
        if event.kind.startswith(("conversation.", "audience.")):
            place = under.get((one.channel, event.thread or event.parent or event.id))
            if not event.ours and (place or event.under or "none") != event.under:
                changed["under"] = place or "none"
        author = event.author
        if author is not None and author.handle is not None:
            contact = contacts.get(_address(event.platform, author.handle))
            if contact is not None:
                changed |= _known(event, contact)
        if changed:
            one.event = event.model_copy(update=changed)


def _known(event: Event, contact: Contact) -> dict[str, object]:
    """The contact list has the word; where it is silent, the adapter's value stays."""
    changed: dict[str, object] = {}
    if contact.relation is not None and event.author is not None:
        changed["author"] = event.author.model_copy(update={"relation": contact.relation})
    if contact.fields:
        changed["fields"] = {**event.fields, **contact.fields}
    return changed


def _address(platform: str, handle: str) -> tuple[str, str]:
    return platform, handle.strip().removeprefix("@").casefold()


async def _roots(tx: AsyncConnection, brand: str, coming: Sequence[Coming]) -> Mapping[Place, str]:
    """`campaign` for roots that are posts of a slot, `organic` for other posts of ours."""
    under: dict[Place, str] = {
        (one.channel, one.event.id): "organic" for one in coming if one.event.ours
    }
    for channel in {one.channel for one in coming}:
        roots = {
            one.event.thread or one.event.parent or one.event.id
            for one in coming
            if one.channel == channel
        }
        for some in chunks(list(roots)):
            ours = select(event_table.c.platform_id).where(
                event_table.c.brand == brand,
                event_table.c.channel == channel,
                event_table.c.platform_id.in_(some),
                event_table.c.ours.is_(True),
            )
            for root in (await tx.execute(ours)).scalars():
                under[channel, root] = "organic"
            published = select(publication_table.c.platform_id, publication_table.c.slot).where(
                publication_table.c.brand == brand,
                publication_table.c.channel == channel,
                publication_table.c.platform_id.in_(some),
            )
            for row in await tx.execute(published):
                under[channel, row.platform_id] = "organic" if row.slot is None else "campaign"
    return under
