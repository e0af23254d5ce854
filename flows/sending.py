"""One message out: refresh, one commit that decides, send once, record. And what a crash left."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from flows.desk import LEASE, SEND_WINDOW, Desk
from remit.ledger import cases, drafts, publications, slots
from remit.model import (
    Case,
    Content,
    ContentRefused,
    Gone,
    Media,
    NotAllowed,
    OutcomeUnknown,
    Platform,
    Playbook,
    Prepared,
    Publication,
    PublicationState,
    Refused,
    Retryable,
    Slot,
)

TRIES = 4
"""Sends of one publication within one run; what is left then is settled by tick."""
SETTLE_TRIES = 20
_LONGEST_WAIT = 15.0
_MIMES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}


class NotSent(Refused):
    """Nothing was sent; `code` says why and goes onto the next form."""


async def send_reply(desk: Desk, case: Case, publication: int, run: str) -> Publication:
    """Send the approved answer to a case. Raises NotSent, or Refused where another run has it."""
    playbook = await desk.deployed(case.brand)
    assert case.channel is not None, "a case that is answered came in on a channel"
    platform = await desk.platform(playbook, case.channel)
    try:
        thread = await platform.thread(case.subject)
    except Gone as gone:
        raise NotSent("gone", str(gone)) from gone
    except NotAllowed as no:
        raise NotSent("not_allowed", str(no)) from no
    except Retryable as later:
        raise NotSent("unreachable", str(later)) from later
    case = await cases.thread_seen(desk.ledger, case.id, thread, desk.now())
    draft = await drafts.current(desk.ledger, case.id)
    if draft is None:
        raise NotSent("thread_moved", "the draft is void")
    waiting = await publications.get(desk.ledger, publication)
    content = Content(text=draft.text, language=draft.language, reply_to=case.subject)
    prepared = waiting.prepared or await _prepare(desk, platform, content, waiting.key)
    await cases.renew(desk.ledger, case.id, run, desk.now(), LEASE)
    now = desk.now()
    sending = await publications.begin_sending(
        desk.ledger,
        publication,
        run=run,
        prepared=prepared,
        hash=draft.hash,
        thread_revision=draft.thread_revision,
        thread_read_at=thread.read_at,
        playbook=playbook,
        now=now,
        deadline=now + SEND_WINDOW,
    )
    return await _send(desk, platform, sending)


async def send_slot(desk: Desk, slot: Slot, run: str) -> Publication:
    """Publish the approved variant of a slot. Raises NotSent or Refused."""
    playbook = await desk.deployed(slot.brand)
    platform = await desk.platform(playbook, slot.channel)
    publication = await publications.for_slot(desk.ledger, slot.id, run, desk.now())
    content = Content(text=slot.text, language=slot.language, media=await _media(desk, slot))
    prepared = publication.prepared or await _prepare(desk, platform, content, publication.key)
    await slots.renew(desk.ledger, slot.id, run, desk.now(), LEASE)
    now = desk.now()
    sending = await publications.begin_sending(
        desk.ledger,
        publication.id,
        run=run,
        prepared=prepared,
        hash=slot.hash,
        thread_revision=None,
        thread_read_at=None,
        playbook=playbook,
        now=now,
        deadline=now + SEND_WINDOW,
    )
    return await _send(desk, platform, sending)


async def settle(desk: Desk, playbook: Playbook, publication: Publication) -> Publication | None:
    """Find out what became of a send that nobody finished; None while it is too early to ask.

    It is sent again only where the platform's own idempotency or its word that nothing is there
    makes a second copy impossible; otherwise a person decides.
    """
    platform = await desk.platform(playbook, publication.channel)
    prepared, deadline = publication.prepared, publication.deadline
    if prepared is None or deadline is None:
        return await publications.record_unknown(
            desk.ledger, publication.id, "nothing_prepared", desk.now()
        )
    receipt = await platform.find(prepared)
    if receipt is not None:
        return await publications.record_published(desk.ledger, publication.id, receipt, desk.now())
    if desk.now() < deadline + platform.settle:
        return None
    if not (platform.idempotent or platform.absence_is_proof):
        return await publications.record_unknown(
            desk.ledger, publication.id, "cannot_be_known", desk.now()
        )
    if publication.attempt >= SETTLE_TRIES:
        return await publications.record_unknown(
            desk.ledger, publication.id, "tried_too_often", desk.now()
        )
    now = desk.now()
    again = await publications.resend(
        desk.ledger, publication.id, now, now + SEND_WINDOW, playbook=playbook
    )
    return await _send(desk, platform, again, tries=1)


async def _send(
    desk: Desk, platform: Platform, publication: Publication, tries: int = TRIES
) -> Publication:
    """Send what was committed. Leaves it `sending` where only time can tell."""
    assert publication.prepared is not None
    assert publication.deadline is not None
    ledger = desk.ledger
    for attempt in range(tries):
        try:
            receipt = await platform.send(publication.prepared, publication.deadline)
        except OutcomeUnknown:
            return publication
        except Retryable as later:
            if attempt + 1 == tries:
                return publication
            await asyncio.sleep(min(later.retry_after or 2.0**attempt, _LONGEST_WAIT))
            now = desk.now()
            if now >= publication.deadline - timedelta(seconds=1):
                return publication
        except ContentRefused:
            return await publications.record_failed(
                ledger, publication.id, "content_refused", desk.now()
            )
        except NotAllowed:
            return await publications.record_failed(
                ledger, publication.id, "not_allowed", desk.now()
            )
        except Gone:
            return await publications.record_failed(ledger, publication.id, "gone", desk.now())
        else:
            return await publications.record_published(ledger, publication.id, receipt, desk.now())
    return publication


async def _prepare(desk: Desk, platform: Platform, content: Content, key: str) -> Prepared:
    try:
        return await platform.prepare(content, key, desk.now())
    except ContentRefused as never:
        raise NotSent("content_refused", str(never)) from never
    except NotAllowed as no:
        raise NotSent("not_allowed", str(no)) from no
    except Gone as gone:
        raise NotSent("gone", str(gone)) from gone
    except (Retryable, OutcomeUnknown) as later:
        raise NotSent("unreachable", str(later)) from later


async def _media(desk: Desk, slot: Slot) -> tuple[Media, ...]:
    if not slot.media:
        return ()
    bundle = await desk.bundle(slot.playbook)
    return tuple(
        Media(
            name=file.rsplit("/", 1)[-1],
            mime=_MIMES[file.rsplit(".", 1)[-1].lower()],
            alt=alt,
            data=bundle.files[file],
        )
        for file, alt in slot.media
    )


def is_out(publication: Publication) -> bool:
    return publication.state is PublicationState.published
