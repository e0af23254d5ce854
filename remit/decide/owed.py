"""What a case owes next, and by when: what an inbox sorts by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from remit.model import Case, State


class Owed(NamedTuple):
    """One clock of a case."""

    at: datetime
    what: Literal["answer", "next answer", "resolution"]

    def overdue(self, now: datetime) -> bool:
        return self.at < now


def owed(case: Case) -> Owed | None:
    """The clock that runs out first. None: none runs, or somebody outside has to act first."""
    return None if case.state is State.waiting else min(clocks(case), default=None)


def clocks(case: Case) -> Iterator[Owed]:
    """Every clock that the case has still to meet, those that stand still included."""
    if case.state.finished:
        return
    first, again, answered = case.first_response_due, case.next_response_due, case.responded_at
    if again is not None and answered is not None:
        yield Owed(again, "next answer")
    elif first is not None and (answered is None or answered < first):
        yield Owed(first, "answer")
    if case.resolution_due is not None and case.resolved_at is None:
        yield Owed(case.resolution_due, "resolution")


SOON = timedelta(minutes=10)
"""What is due within it is due soon, as is everything that somebody was warned of."""

Standing = Literal["breached", "due soon", "waiting", "open", "finished"]


def standing(case: Case, now: datetime) -> Standing:
    """How a case stands on its clocks."""
    if case.state.finished:
        return "finished"
    if case.state is State.waiting:
        return "waiting"
    due = owed(case)
    if due is None:
        return "open"
    if due.overdue(now):
        return "breached"
    return "due soon" if case.warned_at is not None or due.at <= now + SOON else "open"


def due_order(case: Case) -> tuple[bool, bool, datetime, int]:
    """Sorts what is due first to the top; what has no due time, waits or is over stands below."""
    due = owed(case)
    return (
        case.state.finished,
        due is None,
        due.at if due else case.waiting_since or case.opened_at,
        case.id,
    )
