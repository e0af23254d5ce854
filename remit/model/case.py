"""The unit of work and what a person decides on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field, SecretStr

from remit.model.base import Frozen, Play, Severity
from remit.model.playbook import Step


class State(StrEnum):
    """Where a case stands. The table of transitions is `remit.decide.cases.TRANSITIONS`."""

    open = "open"
    acknowledged = "acknowledged"
    drafted = "drafted"
    awaiting_approval = "awaiting_approval"
    waiting = "waiting"
    responded = "responded"
    resolved = "resolved"
    reopened = "reopened"

    @property
    def finished(self) -> bool:
        return self in {State.responded, State.resolved}


class Verdict(StrEnum):
    """What a person says of a draft."""

    approve = "approve"
    edit = "edit"
    reject = "reject"
    hand_off = "hand_off"
    resolve = "resolve"
    wait = "wait"
    """Not yet: the author has to say something first."""


class Case(Frozen):
    """A case as the ledger knows it: no text and no handle."""

    id: int
    brand: str
    state: State
    rule: str
    owner: str
    """The accountable role, exactly one at every moment."""
    assignee: str | None = None
    """The person doing it."""
    severity: Severity
    play: Play
    channel: str | None = None
    platform: str
    thread: str | None = None
    """The platform's id of the conversation's first message."""
    subject: str
    """The platform's id of the message to be answered (the newest of the author)."""
    subject_event: int
    """The ledger's id of that event."""
    language: str | None = None
    topics: tuple[str, ...] = ()
    template: str | None = None
    approval: str | None = None
    escalation: tuple[Step, ...] = ()
    """Frozen when the case opened."""
    playbook: str
    """Hash of the bundle it was promised under."""
    opened_at: AwareDatetime
    last_event_at: AwareDatetime | None = None
    """When its author was last heard."""
    first_response_due: AwareDatetime | None = None
    next_response_due: AwareDatetime | None = None
    """When what the author wrote since is to be answered; it counts once `responded_at` is there."""
    resolution_due: AwareDatetime | None = None
    waiting_since: AwareDatetime | None = None
    """Since when the clocks stand still: somebody outside has to act first."""
    waiting_for: str | None = None
    """Coded: author, supplier, ..."""
    claimed_until: AwareDatetime | None = None
    """Until when the case is the assignee's alone."""
    reopened_at: AwareDatetime | None = None
    warned_at: AwareDatetime | None = None
    """When somebody was told that a due time comes near; None again once that due time changes."""
    resolution_overdue_at: AwareDatetime | None = None
    incident: int | None = None
    """The storm that it is part of."""
    acknowledged_at: AwareDatetime | None = None
    responded_at: AwareDatetime | None = None
    resolved_at: AwareDatetime | None = None
    outcome: str | None = None
    """responded, responded_outside, resolved, rejected, published ...: how it ended."""
    ladder_started_at: AwareDatetime | None = None
    ladder_step: int = 0
    """How many steps of the escalation were taken since the ladder last started."""
    overdue_at: AwareDatetime | None = None
    """When the missed response was noticed; None again once the author writes after an answer."""
    attempt: int = 1
    """The number of the run that may work on it."""
    lease_run: str | None = None
    """The run that was admitted for this attempt; nobody else may work on it."""
    lease_until: AwareDatetime | None = None
    """Until when that run is believed alive; None while it is suspended."""
    thread_revision: int = 0
    """Counts what voids a draft: the author's messages, edits, deletions, and our own replies."""
    draft: int | None = None
    """The current draft."""
    form_round: int = 0
    """How many forms were shown for it; the pause key of the next is made of it."""
    form_draft: int | None = None
    """The draft that the last of them shows; an edit elsewhere may have replaced it."""
    approval_expires_at: AwareDatetime | None = None
    handoff_to: str | None = None
    handoff_expires_at: AwareDatetime | None = None
    linked: int | None = None
    """Another case of the same author in the same thread."""


class Draft(Frozen):
    """Unpublished text for one destination."""

    id: int
    case: int
    version: int
    text: str
    language: str
    destination: str
    """`channel id`, a space, and the platform's id of the message answered; or the channel alone."""
    writer: str | None = None
    """Whoever last changed the bytes; None while it is Remit's own."""
    template: str | None = None
    hash: str
    """What an approval covers: SHA-256 of text, media, destination and playbook."""
    thread_revision: int
    """The case's when it was drafted."""
    made_at: AwareDatetime
    citations: tuple[str, ...] = ()


class Vote(Frozen):
    """A yes to a draft, as the ledger keeps it."""

    person: str | None
    """None: nobody's, where the playbook lets a template answer go out unseen."""
    verified: bool = False
    """The person proved with a one-time code who they are."""


class Ruling(Frozen):
    """A person's decision on a draft, as a form, a command or a web desk hands it in."""

    case: int
    draft: int | None
    """The draft that the person saw."""
    verdict: Verdict | None
    """None: nothing was chosen, and nothing is decided."""
    person: str | None
    code: SecretStr | None = None
    """The person's one-time code. Only a right one makes the name a verified one."""
    via: str
    """form, cli, api."""
    text: str | None = None
    """The text as the person left it; None: as drafted."""
    reason: str = ""
    to: str | None = None
    """The role, for a handoff."""


class HoldState(Frozen):
    """A role's queue that another role's case has stopped."""

    id: int
    brand: str
    case: int
    role: str
    topics: tuple[str, ...] = ()
    started_at: AwareDatetime
    ends_at: AwareDatetime | None = None


class Matured(Frozen):
    """Something that time has brought about. Made by `remit.decide.cases.advance`."""

    kind: Literal[
        "step",
        "due_soon",
        "overdue",
        "next_overdue",
        "resolution_overdue",
        "waited_long",
        "approval_expired",
        "handoff_expired",
        "lease_dead",
        "hold_ended",
    ]
    case: int
    at: datetime
    """When it fell due, not when it was noticed."""
    step: int | None = None
    """Index into the escalation, for `step`."""
    detail: Mapping[str, str] = Field(default_factory=dict)
