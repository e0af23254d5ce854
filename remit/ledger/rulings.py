"""The one function that decides on a draft: the form, the command and a web desk all call it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide.approvals import Judgement, judge
from remit.decide.cases import acknowledged
from remit.decide.claims import kept_out
from remit.decide.proofs import RIGHT
from remit.ledger import (
    cases,
    changes,
    enrolment,
    holds,
    intents,
    rows,
    slots,
    storms,
    versions,
    votes,
    waits,
)
from remit.ledger.absences import away_on
from remit.ledger.changes import CaseChange
from remit.ledger.store import Ledger
from remit.ledger.tables import approval as approval_table
from remit.ledger.tables import draft as draft_table
from remit.ledger.tables import publication as publication_table
from remit.model import (
    Draft,
    Frozen,
    Play,
    Playbook,
    PublicationState,
    Ruling,
    State,
    Verdict,
)

OUTDATED = "playbook_changed"
OFFER = timedelta(hours=4)
"""How long a handoff offered on a form stands."""

_ALIVE = (
    PublicationState.prepared.value,
    PublicationState.sending.value,
    PublicationState.published.value,
    PublicationState.unknown.value,
)


class Ruled(Frozen):
    """What became of a ruling."""

    accepted: bool
    code: str
    message: str
    draft: Draft | None = None
    """As it stands now; None where none does."""
    publication: int | None = None
    """The reply that this draft has become; also after a ruling that came too late."""
    approvals_missing: int = 0


@dataclass(frozen=True)
class _Desk:
    """Everything the judgement looks at, locked until the transaction ends."""

    change: CaseChange
    stands: Row[Any] | None
    ruling: Ruling
    judgement: Judgement
    proof: enrolment.Proof | None
    """Of the person's one-time code, where one was given."""

    @property
    def identity(self) -> str:
        """Verified only by a right code, and only where the ruling counts: else it was not taken."""
        proved = self.proof is not None and self.proof.code == RIGHT
        return "verified" if proved and self.judgement.accepted else "asserted"


async def rule_on(
    ledger: Ledger,
    ruling: Ruling,
    playbook: Playbook,
    now: datetime,
    run: str | None = None,
    *,
    key: SecretStr | None = None,
) -> Ruled:
    """Judge a ruling and, if it counts, carry it out, in one transaction.

    `playbook` is the deployed one: who may approve follows it. `key` opens the secrets of one-time
    codes. A refusal is written down too, and its code becomes the notice of the next form.
    """
    async with ledger.write() as tx:
        desk = await _gather(tx, ruling, playbook, now, key)
        change, judgement = desk.change, desk.judgement
        number = None if desk.stands is None else int(desk.stands.id)
        if judgement.accepted:
            await _take_code(tx, desk)
            await _acknowledge(tx, change, desk.ruling, now)
            number = await _carry_out(tx, desk, now)
        elif judgement.code == OUTDATED:
            change.void(OUTDATED)
            change.set(notice=OUTDATED, approval_expires_at=None)
            change.move(State.open)
        elif change.state is State.awaiting_approval:
            change.set(notice=judgement.code)
        # The run that shows the form waits for that form alone: another goes on from here, at once.
        elsewhere = ruling.via != "form" and change.row["lease_run"] not in {None, run}
        if elsewhere and not change.finished and change.state is not State.awaiting_approval:
            change.again("decided_elsewhere", now)
        known = ruling.person in playbook.people
        await _write_down(tx, desk, number, now, run=run, known=known)
        await changes.save(tx, [change], now)
        return await _ruled(tx, desk, judgement)


async def _gather(
    tx: AsyncConnection,
    ruling: Ruling,
    playbook: Playbook,
    now: datetime,
    key: SecretStr | None,
) -> _Desk:
    change = await changes.lock(tx, ruling.case)
    stands = await versions.standing(tx, change)
    current = None if stands is None else rows.to_draft(stands)
    shown = await _shown(tx, ruling)
    if ruling.verdict is Verdict.edit and current is not None and _same(ruling.text, current.text):
        # Nobody changed a byte: that is a yes to what was drafted.
        ruling = ruling.model_copy(update={"verdict": Verdict.approve, "text": None})
    proof = await _prove(tx, ruling, playbook, now, key)
    judgement = judge(
        ruling,
        case=change.case,
        draft=shown,
        current=current,
        playbook=playbook,
        given=() if stands is None else await votes.given(tx, stands),
        away=await away_on(tx, change.row["brand"], local_day(playbook, now)),
        proof=None if proof is None else proof.code,
        kept_out=kept_out(change.case, ruling.person, playbook, now),
        outdated=_outdated(change, stands, playbook),
    )
    return _Desk(change, stands, ruling, judgement, proof)


def _outdated(change: CaseChange, stands: Row[Any] | None, playbook: Playbook) -> bool:
    """Whether a reply was drafted under another version; a campaign's plan is compared by itself."""
    if stands is None or change.row["play"] == Play.campaign.value or not playbook.hash:
        return False
    return bool(stands.playbook != playbook.hash)


async def _prove(
    tx: AsyncConnection,
    ruling: Ruling,
    playbook: Playbook,
    now: datetime,
    key: SecretStr | None,
) -> enrolment.Proof | None:
    """What became of the code; None where none was given, or by nobody that is known."""
    code, person = ruling.code, ruling.person
    if code is None or not code.get_secret_value().strip():
        return None
    if person is None or person not in playbook.people:
        return None
    return await enrolment.prove(tx, playbook.brand, person, code, key, now)


async def _take_code(tx: AsyncConnection, desk: _Desk) -> None:
    if desk.identity == "verified" and desk.proof is not None and desk.ruling.person is not None:
        brand = desk.change.row["brand"]
        await enrolment.take(tx, brand, desk.ruling.person, desk.proof)


def local_day(playbook: Playbook, now: datetime) -> date:
    """The day that it is for the brand."""
    return now.astimezone(ZoneInfo(playbook.timezone)).date()


async def _shown(tx: AsyncConnection, ruling: Ruling) -> Draft | None:
    query = select(draft_table).where(
        draft_table.c.id == ruling.draft, draft_table.c.case == ruling.case
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else rows.to_draft(row)


def _same(text: str | None, drafted: str) -> bool:
    return text is not None and _lines(text).strip() == _lines(drafted).strip()


def _lines(text: str) -> str:
    """A form sends its line ends as the browser likes them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


async def _acknowledge(
    tx: AsyncConnection, change: CaseChange, ruling: Ruling, now: datetime
) -> None:
    """Who decides has it."""
    if acknowledged(change.case):
        return
    change.set(acknowledged_at=now, assignee=ruling.person)
    change.note("case.acknowledged", now, person=ruling.person, data={"via": ruling.via})
    change.tell("remit.case.acknowledged", now)
    await holds.start(tx, change.row["id"], now)


async def _carry_out(tx: AsyncConnection, desk: _Desk, now: datetime) -> int | None:
    """Do what was decided; the number of the draft that the decision is about."""
    change, ruling = desk.change, desk.ruling
    before = None if desk.stands is None else int(desk.stands.id)
    # Who decides has had the say that a claim was for: others may be asked next.
    change.set(notice=None, claimed_until=None)
    if ruling.verdict is Verdict.reject:
        change.void("rejected")
        change.set(notice="rejected", approval_expires_at=None)
        change.move(State.open)
    elif ruling.verdict is Verdict.resolve:
        cases.resolve_in(change, ruling.person, ruling.via, now)
    elif ruling.verdict is Verdict.wait:
        assert ruling.person is not None
        await waits.wait_in(tx, change, ruling.person, "author", ruling.via, now)
    elif ruling.verdict is Verdict.hand_off:
        assert ruling.to is not None
        cases.offer_in(
            change,
            ruling.to,
            now,
            now + OFFER,
            person=ruling.person,
            reason=ruling.reason,
            via=ruling.via,
        )
    else:
        return await _approve(tx, desk, now)
    return before


async def _approve(tx: AsyncConnection, desk: _Desk, now: datetime) -> int:
    change, stands = desk.change, desk.stands
    assert stands is not None
    number, hashed = int(stands.id), str(stands.hash)
    if desk.ruling.verdict is Verdict.edit:
        edited = await _edit(tx, change, stands, desk.ruling, now)
        number, hashed = edited.id, edited.hash
    if desk.judgement.missing:
        change.set(notice="approvals_missing")
        return number
    await release_in(tx, change, number, hashed, now)
    return number


async def release_in(
    tx: AsyncConnection,
    change: CaseChange,
    draft: int,
    hash: str,  # noqa: A002 the word of the model
    now: datetime,
) -> None:
    """Everybody asked has said yes: a campaign's slots are approved, a reply is to be sent."""
    change.move(State.drafted)
    change.set(approval_expires_at=None)
    change.tell("remit.case.approved", now)
    if change.row["play"] == Play.campaign.value:
        # The run has nothing left to do: its slots wait for their time.
        change.set(lease_run=None, lease_until=None)
        await slots.approve_in(tx, change.row["id"], now)
    elif change.row["channel"] is None and change.row["incident"] is not None:
        await storms.state_in(tx, change, draft, now)
    else:
        await intents.prepare_in(
            tx,
            brand=change.row["brand"],
            channel=change.row["channel"],
            hash=hash,
            now=now,
            case=change.row["id"],
            draft=draft,
        )


async def _edit(
    tx: AsyncConnection, change: CaseChange, stands: Row[Any], ruling: Ruling, now: datetime
) -> Draft:
    text = _lines(ruling.text or "").strip()
    kept = ("language", "destination", "template", "citations", "media_hash", "playbook")
    written = {name: getattr(stands, name) for name in (*kept, "thread_revision")}
    written |= {
        "text": text,
        "writer": ruling.person,
        "hash": versions.hash_of(text, stands.destination, stands.playbook, stands.media_hash),
    }
    await changes.void_in(tx, [change.row["id"]], "replaced", now)
    return await versions.add(tx, change, written, now)


async def _write_down(
    tx: AsyncConnection,
    desk: _Desk,
    number: int | None,
    now: datetime,
    *,
    run: str | None,
    known: bool,
) -> None:
    change, ruling, judgement = desk.change, desk.ruling, desk.judgement
    hashed = None
    if number is not None:
        hashed = (await rows.fetch(tx, draft_table, number)).hash
    verdict = None if ruling.verdict is None else ruling.verdict.value
    await tx.execute(
        insert(approval_table).values(
            case=ruling.case,
            draft=number,
            hash=hashed,
            verdict=verdict,
            person=ruling.person,
            role=judgement.role,
            identity=desk.identity,
            via=ruling.via,
            accepted=judgement.accepted,
            code=judgement.code,
            reason=ruling.reason,
            run=run,
            at=now,
        )
    )
    change.note(
        "approval.given" if judgement.accepted else "approval.refused",
        now,
        role=judgement.role,
        # A name that the playbook does not know may be anything; the journal takes no such thing.
        person=ruling.person if known else None,
        identity=desk.identity,
        run=run,
        code=judgement.code,
        data={"draft": number, "hash": hashed, "verdict": verdict, "via": ruling.via},
    )


async def _ruled(tx: AsyncConnection, desk: _Desk, judgement: Judgement) -> Ruled:
    draft = await versions.standing(tx, desk.change)
    publication = None
    if draft is not None:
        query = select(publication_table.c.id).where(
            publication_table.c.draft == draft.id,
            publication_table.c.slot.is_(None),
            publication_table.c.state.in_(_ALIVE),
        )
        publication = (await tx.execute(query)).scalars().first()
    return Ruled(
        accepted=judgement.accepted,
        code=judgement.code,
        message=judgement.message,
        draft=None if draft is None else rows.to_draft(draft),
        publication=publication,
        approvals_missing=judgement.missing,
    )
