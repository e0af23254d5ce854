"""What one transaction does to cases: changed in memory, then written with a few statements.

Every step of a case's state goes through `remit.decide.cases.step`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide import cases as rules
from remit.ledger import holds, journal, outbox
from remit.ledger.rows import mapping
from remit.ledger.tables import case as case_table
from remit.ledger.tables import draft as draft_table
from remit.ledger.tables import handoff as handoff_table
from remit.ledger.tables import publication as publication_table
from remit.ledger.tables import seen as seen_table
from remit.ledger.tables import slot as slot_table
from remit.ledger.upsert import inserting
from remit.model import (
    Case,
    HoldOrder,
    Missing,
    Play,
    PublicationState,
    Severity,
    SlotState,
    State,
    Step,
)

_RELEASED: Mapping[str, None] = dict.fromkeys(("lease_run", "lease_until", "approval_expires_at"))
_STOPPED: Mapping[str, None] = dict.fromkeys(("waiting_since", "waiting_for", "warned_at"))
_OF_OURS = {"answered_before", "answered_by_another"}
"""Why a thread moved, where the author has written nothing new."""
_UNCLAIMED = {State.open, State.reopened, State.acknowledged}
_UNSENT = [
    state.value
    for state in (SlotState.planned, SlotState.approved, SlotState.returned, SlotState.failed)
]
DELETED = "deleted"
"""The revision under which a deletion is remembered as seen."""


@dataclass
class CaseChange:
    """One case that this transaction has locked (or makes), and all that becomes of it."""

    row: dict[str, Any]
    new: bool = False
    changed: bool = False
    journal: list[dict[str, object]] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[tuple[str, str], datetime] = field(default_factory=dict)
    voids: str | None = None
    """Void what is drafted and prepared, for this reason."""
    releases: str | None = None
    """End the holds of the case, for this reason."""
    withdraws: str | None = None
    """End the open offer of a handoff, for this reason."""
    offer: dict[str, object] | None = None
    """A handoff to be offered."""
    hold: HoldOrder | None = None
    """A hold to be placed."""
    links: CaseChange | None = None
    """The case that this new one stands beside."""

    @property
    def state(self) -> State:
        return State(self.row["state"])

    @property
    def finished(self) -> bool:
        return self.state.finished

    @property
    def case(self) -> Case:
        """As the model knows it."""
        known = {name: self.row[name] for name in Case.model_fields}
        known["topics"] = tuple(known["topics"])
        known["escalation"] = tuple(Step.model_validate(step) for step in known["escalation"])
        return Case(**known)

    def set(self, **values: object) -> None:
        self.row.update(values)
        self.changed = True

    def move(self, to: State) -> None:
        """One step of the table, or IllegalTransition. Standing where one should be is no step."""
        if self.state is not to:
            self.set(state=rules.step(self.state, to).value)

    def note(self, kind: str, now: datetime, **columns: Any) -> None:  # noqa: ANN401 of the journal
        """A line of the journal; its case is filled in when it is written."""
        columns.setdefault("role", self.row["owner"])
        self.journal.append(journal.line(kind, brand=self.row["brand"], now=now, **columns))

    def tell(self, kind: str, now: datetime, *, role: str | None = None) -> None:
        """A line of the outbox."""
        self.outbox.append(
            {
                "brand": self.row["brand"],
                "kind": kind,
                "attempt": self.row["attempt"],
                "role": role or self.row["owner"],
                "severity": self.row["severity"],
                "made_at": now,
            }
        )

    def void(self, code: str) -> None:
        """Nothing that was drafted or approved so far may go out."""
        self.voids = code
        self.set(draft=None)

    def again(self, code: str, now: datetime, to: State = State.open) -> None:
        """Another run starts over: what is under way loses its lease, and its form is forgotten."""
        self.move(to)
        self.set(attempt=self.row["attempt"] + 1, **_RELEASED)
        self.note("case.again", now, code=code, data={"attempt": self.row["attempt"]})
        self.tell(outbox.OPENED, now)

    def finish(
        self,
        to: State,
        outcome: str,
        now: datetime,
        *,
        person: str | None = None,
        via: str | None = None,
    ) -> None:
        """Responded or resolved: nothing waits any more."""
        self.move(to)
        self.set(outcome=outcome, notice=None, next_response_due=None, **_RELEASED, **_STOPPED)
        self.set(claimed_until=None)
        self.void(outcome)
        if self.row["handoff_to"] is not None:
            self.withdraw("withdrawn")
        if to is State.resolved:
            self.set(resolved_at=now)
            self.releases = "resolved"
        kind = f"case.{to}"
        self.note(kind, now, code=outcome, person=person, data={"via": via} if via else None)
        self.tell(f"remit.{kind}", now)

    def pause(self, now: datetime) -> None:
        """Somebody outside is waited for: the clocks stand still, and nothing is under way."""
        self.set(**{**_RELEASED, **_STOPPED, "waiting_since": now}, claimed_until=None, notice=None)
        self.void("waiting")

    def withdraw(self, code: str) -> None:
        """End the open offer of a handoff."""
        self.withdraws = code
        self.set(handoff_to=None, handoff_expires_at=None)

    def moved(self, code: str, now: datetime) -> None:
        """The thread went on: what was drafted for it no longer fits, and a new run drafts again."""
        self.set(thread_revision=self.row["thread_revision"] + 1)
        # What we wrote ourselves does not end a wait.
        if self.finished or (self.state is State.waiting and code in _OF_OURS):
            return
        if self.row["draft"] is not None or self.state not in _UNCLAIMED:
            self.void(code)
            self.set(notice=code)
            self.again(code, now)
        elif self.row["lease_run"] is not None:
            self.again(code, now)

    def answered_outside(self, now: datetime) -> None:
        """The brand's account has answered, and not through Remit."""
        self.set(
            thread_revision=self.row["thread_revision"] + 1,
            responded_at=self.row["responded_at"] or now,
        )
        self.finish(State.responded, "responded_outside", now)

    @property
    def severity(self) -> Severity:
        return Severity(self.row["severity"])


async def lock(tx: AsyncConnection, number: int) -> CaseChange:
    """The case of that number, held until the transaction ends."""
    found = await lock_all(tx, [number])
    if not found:
        raise Missing(f"no case {number}; `remit cases` lists those that are open")
    return found[0]


async def lock_all(tx: AsyncConnection, numbers: Iterable[int]) -> list[CaseChange]:
    """The cases of those numbers, held in rising order, so that two writers never cross."""
    wanted = sorted(set(numbers))
    found: list[CaseChange] = []
    for start in range(0, len(wanted), 1000):
        query = (
            select(case_table)
            .where(case_table.c.id.in_(wanted[start : start + 1000]))
            .order_by(case_table.c.id)
            .with_for_update()
        )
        found += [CaseChange(row=dict(mapping(row))) for row in await tx.execute(query)]
    return found


async def save(tx: AsyncConnection, changes: Sequence[CaseChange], now: datetime) -> None:
    """Write everything that became of these cases. New ones have their numbers already."""
    for change in changes:
        if change.links is not None:
            change.row["linked"] = change.links.row["id"]
    new = [change.row for change in changes if change.new]
    if new:
        await tx.execute(insert(case_table), new)
    old = [change for change in changes if change.changed and not change.new]
    if old:
        await _update(tx, [change.row for change in old])
    for change in changes:
        for line in change.journal:
            line["case"] = change.row["id"]
        for out in change.outbox:
            out["case"] = change.row["id"]
    await _save_seen(tx, changes)
    await _save_ends(tx, changes, now)
    await journal.write_all(tx, [line for change in changes for line in change.journal])
    await outbox.put_all(tx, [line for change in changes for line in change.outbox])
    for change in changes:
        if change.hold is not None:
            await holds.place(
                tx, brand=change.row["brand"], case=change.row["id"], order=change.hold, now=now
            )


async def _update(tx: AsyncConnection, changed: Sequence[Mapping[str, Any]]) -> None:
    names = [column.name for column in case_table.columns if column.name != "id"]
    statement = (
        update(case_table)
        .where(case_table.c.id == bindparam("_id"))
        .values({name: bindparam(f"_{name}") for name in names})
    )
    await tx.execute(
        statement, [{f"_{name}": row[name] for name in ("id", *names)} for row in changed]
    )


async def _save_seen(tx: AsyncConnection, changes: Sequence[CaseChange]) -> None:
    rows = [
        {"case": change.row["id"], "message": message, "revision": revision, "at": at}
        for change in changes
        for (message, revision), at in change.seen.items()
    ]
    if rows:
        await tx.execute(inserting(tx, seen_table).on_conflict_do_nothing(), rows)


async def _save_ends(tx: AsyncConnection, changes: Sequence[CaseChange], now: datetime) -> None:
    reasons: dict[str, list[int]] = {}
    for change in changes:
        if change.voids is not None and not change.new:
            reasons.setdefault(change.voids, []).append(change.row["id"])
    for code, numbers in reasons.items():
        await void_in(tx, numbers, code, now)
    for change in changes:
        number = change.row["id"]
        if change.releases is not None:
            await holds.release_of_case(tx, number, now, change.releases)
            if change.row["play"] == Play.campaign.value:
                await _drop_slots(tx, number)
        if change.withdraws is not None:
            await tx.execute(
                update(handoff_table)
                .where(handoff_table.c.case == number, handoff_table.c.ended_at.is_(None))
                .values(ended_at=now, code=change.withdraws)
            )
        if change.offer is not None:
            await tx.execute(insert(handoff_table).values(**change.offer, case=number))


async def void_in(tx: AsyncConnection, numbers: Sequence[int], code: str, now: datetime) -> None:
    """Void the drafts of these cases and the replies prepared from them; what is sending stays."""
    replies = publication_table.c
    said = select(replies.draft).where(
        replies.case.in_(numbers),
        replies.draft.is_not(None),
        replies.state == PublicationState.published.value,
    )
    await tx.execute(
        update(draft_table)
        .where(
            draft_table.c.case.in_(numbers),
            draft_table.c.voided.is_(None),
            draft_table.c.id.not_in(said),
        )
        .values(voided=code)
    )
    prepared = (
        select(replies.id, replies.brand, replies.case)
        .where(
            replies.case.in_(numbers),
            replies.slot.is_(None),
            replies.state == PublicationState.prepared.value,
        )
        .order_by(replies.id)
        .with_for_update()
    )
    found = (await tx.execute(prepared)).all()
    if not found:
        return
    await tx.execute(
        update(publication_table)
        .where(replies.id.in_([row.id for row in found]))
        .values(state=PublicationState.voided.value, error=code)
    )
    lines = [
        journal.line(
            "publication.voided",
            brand=row.brand,
            now=now,
            case=row.case,
            publication=row.id,
            code=code,
        )
        for row in found
    ]
    await journal.write_all(tx, lines)


async def _drop_slots(tx: AsyncConnection, case: int) -> None:
    """A campaign that was closed publishes nothing more."""
    await tx.execute(
        update(slot_table)
        .where(slot_table.c.case == case, slot_table.c.state.in_(_UNSENT))
        .values(state=SlotState.dropped.value)
    )
