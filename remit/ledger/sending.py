"""The commit that decides whether something goes out, made before its first byte leaves.

Rows are locked in one order: the brand's stop, the case, the slot, the publication.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide.approvals import content_hash
from remit.decide.sending import may_send
from remit.ledger import bundles, holds, journal, rows, votes
from remit.ledger.slot_changes import give_back_in
from remit.ledger.store import Ledger
from remit.ledger.tables import case as cases
from remit.ledger.tables import draft as drafts
from remit.ledger.tables import publication as publications
from remit.ledger.tables import slot as slots
from remit.ledger.turns import one_at_a_time
from remit.ledger.versions import hash_of
from remit.model import (
    Playbook,
    Prepared,
    Publication,
    PublicationState,
    Refused,
    SlotState,
    State,
)

_OPEN = (PublicationState.sending.value, PublicationState.unknown.value)
_RETURNS = {"stopped", "watch", "held", "draft_changed", "not_approved"}
"""Refusals that no later attempt of the same slot would escape: its owner has to act."""


@dataclass(frozen=True)
class _Locked:
    """Everything the decision looks at, locked until the transaction ends."""

    publication: Row[Any]
    case: Row[Any]
    draft: Row[Any] | None
    slot: Row[Any] | None
    stop: str | None
    deployed: str | None


async def begin_sending(
    ledger: Ledger,
    publication: int,
    *,
    run: str,
    prepared: Prepared,
    hash: str,  # noqa: A002 the word of the model
    thread_revision: int | None,
    thread_read_at: datetime | None,
    playbook: Playbook,
    now: datetime,
    deadline: datetime,
) -> Publication:
    """Decide that it goes out, and write down what goes. Exactly one caller ever gets through.

    Refused codes: already, lease_lost, draft_changed, not_approved, thread_stale, thread_moved,
    stopped, watch, held, case_finished, playbook_changed, unsettled. A slot refused for what no
    later attempt would escape goes back to its owner in the same transaction.
    """
    async with ledger.write() as tx:
        found = await _lock(tx, publication)
        given, needed = await votes.counted(
            tx, playbook, case=found.case, draft=found.draft, slot=found.slot
        )
        reply = found.slot is None
        said = may_send(
            state=PublicationState(found.publication.state),
            approved_hash=_approved_hash(found),
            sent_hash=hash,
            approvals=given,
            needed=needed,
            lease_ok=_leased(found, run, now),
            mode=_mode(found, playbook),
            stopped=found.stop,
            holds=await _holds(tx, found, now),
            case_revision=found.case.thread_revision if reply else None,
            thread_revision=thread_revision,
            thread_age=None if thread_read_at is None else (now - thread_read_at).total_seconds(),
        )
        said = said or _consistent(found, prepared, playbook) or await _alone(tx, found)
        if said is None:
            await _send(tx, found, now, deadline, run=run, body=dict(prepared.body))
            return rows.to_publication(await rows.fetch(tx, publications, publication))
        await _refuse(tx, found, said[0], run, now)
    raise Refused(*said)


async def resend(
    ledger: Ledger,
    publication: int,
    now: datetime,
    deadline: datetime,
    *,
    playbook: Playbook | None = None,
) -> Publication:
    """Decide that the same bytes go out again.

    The caller knows that nobody can see them twice: the platform is idempotent, or has proved that
    they are not there. Refused codes: already, stopped, watch (given the playbook), held.
    """
    async with ledger.write() as tx:
        found = await _lock(tx, publication)
        row = found.publication
        if row.state == PublicationState.sending and row.deadline >= now:
            raise Refused("already", f"publication {publication} is being sent: wait for it")
        said = may_send(
            state=PublicationState(row.state),
            approved_hash=row.hash,
            sent_hash=row.hash,
            approvals=0,
            needed=0,
            lease_ok=True,
            mode="live" if playbook is None else _mode(found, playbook),
            stopped=found.stop,
            holds=await _holds(tx, found, now),
            resending=True,
        )
        if said is not None:
            raise Refused(*said)
        await _send(tx, found, now, deadline, run=row.run, body=row.body)
        return rows.to_publication(await rows.fetch(tx, publications, publication))


async def _lock(tx: AsyncConnection, number: int) -> _Locked:
    known = await rows.fetch(tx, publications, number)
    stop = await bundles.stop_reason(tx, known.brand, lock=True)
    case = await rows.fetch(tx, cases, known.case, lock=True)
    slot = None if known.slot is None else await rows.fetch(tx, slots, known.slot, lock=True)
    row = await rows.fetch(tx, publications, number, lock=True)
    draft = None if row.draft is None else await rows.fetch(tx, drafts, row.draft, lock=True)
    deployed = await bundles.deployed_hash(tx, known.brand)
    return _Locked(row, case, draft, slot, stop, deployed)


def _leased(found: _Locked, run: str, now: datetime) -> bool:
    if found.slot is not None and found.slot.state != SlotState.publishing:
        return False
    holder = found.case if found.slot is None else found.slot
    alive = holder.lease_until is not None and holder.lease_until > now
    return holder.lease_run == run and alive


def _mode(found: _Locked, playbook: Playbook) -> str:
    """A channel that the playbook does not declare sends no more than one that watches."""
    channel = playbook.channels.get(found.publication.channel)
    return "watch" if channel is None else channel.mode


async def _holds(tx: AsyncConnection, found: _Locked, now: datetime) -> list[str]:
    """The holds that stop this post, or stopped it at any moment since its time came."""
    slot = found.slot
    if slot is None:
        return []
    on = await holds.overlapping(tx, slot.brand, min(slot.at or now, now), now)
    hold = holds.stopping(on, slot.owner, tuple(slot.topics))
    return [] if hold is None else [f"by case {hold.case}"]


def _approved_hash(found: _Locked) -> str | None:
    """Of what stands to be sent, or None where it stands no more."""
    row, draft, slot = found.publication, found.draft, found.slot
    if slot is not None:
        media = [(file, alt) for file, alt in slot.media]
        words = content_hash(slot.text, media, slot.channel, slot.playbook)
        return row.hash if row.hash == slot.hash == words else None
    if draft is None or draft.voided is not None or draft.id != found.case.draft:
        return None
    words = hash_of(draft.text, draft.destination, draft.playbook, draft.media_hash)
    return row.hash if row.hash == draft.hash == words else None


def _consistent(found: _Locked, prepared: Prepared, playbook: Playbook) -> tuple[str, str] | None:
    row, case, draft = found.publication, found.case, found.draft
    if State(case.state).finished:
        return "case_finished", f"Case {case.id} is {case.state}: nothing of it is sent."
    if draft is not None and draft.thread_revision != case.thread_revision:
        return "thread_moved", "The conversation went on. Write a draft that answers it as it is."
    if prepared.key != row.key:
        return "draft_changed", f"Publication {row.id} has the key {row.key}: prepare it again."
    # An empty hash is a playbook that was never a bundle.
    if playbook.hash and found.deployed not in {None, playbook.hash}:
        return "playbook_changed", "Another playbook was deployed meanwhile: read it again."
    if draft is not None and found.deployed not in {None, draft.playbook}:
        return "playbook_changed", "This was drafted under another playbook: draft it anew."
    return None


async def _alone(tx: AsyncConnection, found: _Locked) -> tuple[str, str] | None:
    """No other sending of the same thing may be out there."""
    row, other = found.publication, publications.c
    if found.slot is None:
        same, twin = and_(other.case == row.case, other.slot.is_(None)), other.draft == row.draft
    else:
        same = twin = other.slot == row.slot
    query = select(other.id, other.state).where(
        other.id != row.id,
        or_(
            and_(same, other.state.in_(_OPEN)),
            and_(twin, other.state == PublicationState.published.value),
        ),
    )
    for known in await tx.execute(query):
        if known.state == PublicationState.published:
            return "already", f"Publication {known.id} of the same text is published."
        return "unsettled", f"Publication {known.id} may be out there. Settle it first."
    return await _answers_alone(tx, found)


async def _answers_alone(tx: AsyncConnection, found: _Locked) -> tuple[str, str] | None:
    """Nor may another case answer the same message, unseen by whoever wrote or approved this."""
    row, draft, other = found.publication, found.draft, publications.c
    if found.slot is not None or draft is None:
        return None
    # Two cases hold no row in common: without this each might look before the other has written.
    await one_at_a_time(tx, row.brand, f"answer {draft.destination}")
    query = (
        select(other.id, other.case, other.state)
        .join(drafts, drafts.c.id == other.draft)
        .where(
            other.brand == row.brand,
            other.case != row.case,
            drafts.c.destination == draft.destination,
            or_(
                other.state.in_(_OPEN),
                and_(
                    other.state == PublicationState.published.value,
                    other.published_at >= draft.made_at,
                ),
            ),
        )
        .order_by(other.id)
    )
    known = (await tx.execute(query)).first()
    if known is None:
        return None
    if known.state == PublicationState.published:
        return "thread_moved", f"Case {known.case} has answered this message. Read it and decide."
    return (
        "unsettled",
        f"Publication {known.id} of case {known.case} may answer it. Settle it first.",
    )


async def _send(
    tx: AsyncConnection,
    found: _Locked,
    now: datetime,
    deadline: datetime,
    *,
    run: str | None,
    body: Any,  # noqa: ANN401 JSON that only its adapter understands
) -> None:
    row = found.publication
    await tx.execute(
        update(publications)
        .where(publications.c.id == row.id)
        .values(
            state=PublicationState.sending.value,
            attempt=row.attempt + 1,
            deadline=deadline,
            run=run,
            body=body,
        )
    )
    await journal.write(
        tx,
        "publication.sending",
        brand=row.brand,
        now=now,
        case=row.case,
        publication=row.id,
        slot=row.slot,
        run=run,
        data={"attempt": row.attempt + 1, "hash": row.hash},
    )


async def _refuse(tx: AsyncConnection, found: _Locked, code: str, run: str, now: datetime) -> None:
    row = found.publication
    await journal.write(
        tx,
        "publication.refused",
        brand=row.brand,
        now=now,
        case=row.case,
        publication=row.id,
        slot=row.slot,
        run=run,
        code=code,
    )
    if found.slot is None:
        return
    if code in _RETURNS:
        await give_back_in(tx, found.slot, code, now)
    elif code == "case_finished":  # the campaign was closed while its run prepared this post
        await give_back_in(tx, found.slot, code, now, state=SlotState.dropped)
