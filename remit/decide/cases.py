"""The life of a case: its table of states, what time brings about, and which event joins it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType

from remit.decide.dues import door
from remit.decide.encoding import unambiguous
from remit.decide.owed import Owed, clocks
from remit.model import (
    Case,
    Decision,
    Duration,
    Event,
    Grouping,
    HoldOrder,
    HoldState,
    IllegalTransition,
    Matured,
    State,
    Step,
)

_WORKABLE = frozenset(
    {
        State.drafted,
        State.awaiting_approval,
        State.waiting,
        State.responded,
        State.resolved,
    }
)
TRANSITIONS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        # To itself: a run is tried again, a draft is written again, a form is shown again.
        State.open: _WORKABLE | {State.open, State.acknowledged},
        State.reopened: _WORKABLE | {State.open, State.acknowledged},
        State.acknowledged: _WORKABLE | {State.open, State.acknowledged},
        State.drafted: _WORKABLE | {State.open},
        State.awaiting_approval: _WORKABLE | {State.open},
        State.waiting: _WORKABLE - {State.waiting} | {State.open, State.acknowledged},
        State.responded: frozenset(
            {State.responded, State.waiting, State.resolved, State.reopened}
        ),
        State.resolved: frozenset({State.reopened}),
    }
)
"""Every other step is refused. An acknowledgement of a case that is drafted or awaits approval is a
fact of its own (`acknowledged_at`) and leaves the state as it is."""

_MISSED = MappingProxyType(
    {"answer": "overdue", "next answer": "next_overdue", "resolution": "resolution_overdue"}
)
"""What a clock brings about when it runs out."""
_RESTARTS = frozenset({*_MISSED.values(), "approval_expired", "handoff_expired"})
"""What starts the ladder again from its first step."""

WARN_AT_LEAST, WARN_AT_MOST = timedelta(minutes=10), timedelta(hours=4)
"""A due time is warned of when a quarter of its time is left: long enough to write an answer, and
on the day on which somebody can. A time as short as the least has no warning: it begins with one."""

WAITS_AT_MOST = timedelta(days=3)
"""Whoever was asked and is silent for so long is asked again, or the case is settled without."""


def step(state: State, to: State) -> State:
    """The new state, or IllegalTransition."""
    if to not in TRANSITIONS[state]:
        raise IllegalTransition(state.value, to.value)
    return to


def acknowledged(case: Case) -> bool:
    """Whether somebody has said "I have it" since the ladder began, or began again."""
    said, began = case.acknowledged_at, case.ladder_started_at
    return said is not None and (began is None or said >= began)


def advance(
    case: Case, now: datetime, holds: Sequence[HoldState] = (), window: Duration | None = None
) -> tuple[Matured, ...]:
    """Everything that has fallen due by `now` and was not noticed yet, oldest first.

    To be applied in this order. What starts the ladder again ends the old one, so steps of the old
    ladder that fell due after it are left out, and so is a warning of what is missed by now.
    `window`: how long the case's platform lets a message be answered.
    """
    due = [matured for matured in _coming(case, holds, window) if matured.at <= now]
    restart = min((matured.at for matured in due if matured.kind in _RESTARTS), default=now)
    return tuple(
        matured
        for matured in due
        if (matured.kind != "step" or matured.at <= restart)
        and (matured.kind != "due_soon" or now < datetime.fromisoformat(matured.detail["due"]))
    )


def next_due(
    case: Case, holds: Sequence[HoldState] = (), window: Duration | None = None
) -> datetime | None:
    """The first instant at which `advance` has something to say."""
    return min((matured.at for matured in _coming(case, holds, window)), default=None)


def _coming(case: Case, holds: Sequence[HoldState], window: Duration | None) -> list[Matured]:
    """All that time alone will bring about, sorted; steps before what starts the ladder again."""
    coming = [*_steps(case), *_clocks(case), *_limits(case), *_wait(case, window)]
    coming += [
        Matured(kind="hold_ended", case=case.id, at=hold.ends_at, detail={"hold": str(hold.id)})
        for hold in holds
        if hold.case == case.id and hold.ends_at is not None
    ]
    return sorted(coming, key=lambda matured: matured.at)


def _steps(case: Case) -> list[Matured]:
    began = case.ladder_started_at
    if began is None or case.state.finished or case.state is State.waiting:
        return []
    if acknowledged(case):
        return []
    steps: list[Matured] = []
    at = began
    for index, rung in enumerate(case.escalation):
        # No step before those above it, even where the playbook gives it less time.
        at = max(at, began + rung.after.calendar)
        if index >= case.ladder_step:
            detail = {"notify": rung.notify}
            steps.append(Matured(kind="step", case=case.id, at=at, step=index, detail=detail))
    return steps


def _clocks(case: Case) -> list[Matured]:
    """Due times to come: warned of before, noticed when missed, each once. None while they stand."""
    if case.state is State.waiting:
        return []
    coming: list[Matured] = []
    for owed in sorted(clocks(case)):
        noticed = case.resolution_overdue_at if owed.what == "resolution" else case.overdue_at
        if noticed is not None:
            continue
        at = owed.at
        coming.append(
            Matured.model_validate({"kind": _MISSED[owed.what], "case": case.id, "at": at})
        )
        warn = _warning(case, owed)
        if warn is not None and (case.warned_at is None or case.warned_at < warn):
            detail = {"what": owed.what, "due": at.isoformat()}
            coming.append(Matured(kind="due_soon", case=case.id, at=warn, detail=detail))
    return coming


def _warning(case: Case, owed: Owed) -> datetime | None:
    """When somebody is told that a due time comes near; None where there is too little of it."""
    asked = [case.opened_at, case.reopened_at]
    if owed.what == "next answer":
        asked.append(case.responded_at)  # what is owed was asked after that
    began = max(at for at in asked if at is not None)
    ahead = min(max((owed.at - began) / 4, WARN_AT_LEAST), WARN_AT_MOST)
    return owed.at - ahead if owed.at - ahead > began else None


def _wait(case: Case, window: Duration | None) -> list[Matured]:
    """Somebody outside is waited for: not for ever, and not past the platform's own limit."""
    since = case.waiting_since
    if case.state is not State.waiting or since is None:
        return []
    at = (case.warned_at or since) + WAITS_AT_MOST
    closes = None if case.last_event_at is None else door(case.last_event_at, window)
    answered = case.responded_at is not None and case.next_response_due is None
    if case.warned_at is None and closes is not None and not answered:
        at = min(at, max(since, closes))
    detail = {"for": case.waiting_for or "author"}
    return [Matured(kind="waited_long", case=case.id, at=at, detail=detail)]


def _limits(case: Case) -> list[Matured]:
    """What runs out beside the clocks: a form, an offer, a lease."""
    if case.state.finished:
        return []
    limits: list[Matured] = []
    waits = case.state is State.awaiting_approval
    if waits and case.approval_expires_at is not None:
        limits.append(Matured(kind="approval_expired", case=case.id, at=case.approval_expires_at))
    if case.handoff_to is not None and case.handoff_expires_at is not None:
        detail = {"to": case.handoff_to}
        at = case.handoff_expires_at
        limits.append(Matured(kind="handoff_expired", case=case.id, at=at, detail=detail))
    if not waits and case.lease_run is not None and case.lease_until is not None:
        detail = {"run": case.lease_run}
        at = case.lease_until
        limits.append(Matured(kind="lease_dead", case=case.id, at=at, detail=detail))
    return limits


def may_join(
    case: Case,
    decision: Decision,
    holds: Sequence[HoldState] = (),
    steps: Sequence[Step] | None = None,
) -> bool:
    """Whether an event so decided may be taken into that case: never if it is louder.

    `holds`: those of the case that are on. `steps`: what the decision's escalation says in the
    playbook; without it, any escalation of the case counts as good enough. That the two have one
    correlation key is the caller's to see.
    """
    outcome = decision.outcome
    return (
        outcome.play.opens_case
        and outcome.owner == case.owner
        and outcome.severity.rank <= case.severity.rank
        and (outcome.escalation is None or _climbs(case, steps))
        and (outcome.hold is None or _held(case, decision, outcome.hold, holds))
    )


def _climbs(case: Case, steps: Sequence[Step] | None) -> bool:
    """Whether the case tells everybody whom the steps tell, and as soon."""
    if steps is None:
        return bool(case.escalation)
    return all(
        any(
            mine.notify == theirs.notify and mine.after.calendar <= theirs.after.calendar
            for mine in case.escalation
        )
        for theirs in steps
    )


def _held(case: Case, decision: Decision, order: HoldOrder, holds: Sequence[HoldState]) -> bool:
    """Whether the case stops, or will once acknowledged, all that the order would stop."""
    promised = case.rule == decision.rule and order.starts == "acknowledged"
    if promised and case.acknowledged_at is None:
        return True
    return any(
        hold.case == case.id
        and hold.role == order.posts_of
        and (not hold.topics or (order.topics and set(order.topics) <= set(hold.topics)))
        for hold in holds
    )


def correlation_key(grouping: Grouping, brand: str, channel: str | None, event: Event) -> str:
    """What two events of one case have in common, hashed: a case holds no handle.

    An event without an author is on its own wherever the author counts.
    """
    thread = event.thread or event.id
    known = event.author
    author = (known.id or known.handle if known else None) or f"event:{event.id}"
    parts = {
        "author_in_thread": (thread, author),
        "thread": (thread,),
        "author": (author,),
        "event": (event.id,),
    }[grouping.by]
    place = channel or f"platform:{event.platform}"
    return sha256(unambiguous(grouping.by, brand, place, *parts)).hexdigest()
