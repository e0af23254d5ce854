"""What a notification says: case numbers, roles, rules, times. Never a stranger's words or handle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from prefect.utilities.urls import url_for

from flows import names
from remit.decide.owed import Owed, clocks, owed
from remit.ledger.reminders import ReminderRow
from remit.model import Case, Playbook

MOST = 20
"""Cases that one message names; more are counted."""

_FIRST = ("escalation", "breached", "due_soon", "approval_expired", "waited_long")
"""What is more pressing stands first; the rest follows as it came."""


class Told(NamedTuple):
    title: str
    body: str


def of_step(case: Case, playbook: Playbook, index: int, now: datetime) -> Told:
    """A step of an escalation that is told at once."""
    lines = [_escalated(case, playbook, now), f"This is step {index + 1} of its escalation."]
    return Told(
        f"{case.severity}: case {case.id} of {case.brand} waits for {case.owner}",
        "\n".join([*lines, *_link(case)]),
    )


def of(due: Sequence[tuple[ReminderRow, Case]], playbook: Playbook, now: datetime) -> Told:
    """All that one person is told at once."""
    pressing = sorted(due, key=_pressing)
    said = [_line(one, case, playbook, now) for one, case in pressing[:MOST]]
    lines = [line for one in said for line in one]
    if len(due) > MOST:
        lines.append(f"And {len(due) - MOST} more: remit cases")
    return Told(_title(pressing, playbook), "\n".join(lines))


def _pressing(entry: tuple[ReminderRow, Case]) -> int:
    kind = entry[0].kind
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)


def _title(due: Sequence[tuple[ReminderRow, Case]], playbook: Playbook) -> str:
    if len(due) == 1:
        one, case = due[0]
        return f"{case.severity}: case {case.id} of {case.brand} {_TITLES[one.kind]}"
    cases = len({case.id for _, case in due})
    about = "1 case" if cases == 1 else f"{cases} cases"
    late = sum(one.kind == "breached" for one, _ in due)
    return f"{playbook.brand}: {about} to look at" + (f", {late} late" if late else "")


_TITLES = {
    "escalation": "has nobody yet",
    "new": "waits for your decision",
    "due_soon": "is due soon",
    "breached": "is late",
    "waited_long": "has waited long",
    "handed_to_you": "is offered to you",
    "approval_expired": "was not decided in time",
    "consulted": "asks for your advice",
    "informed": "is told for your information",
}


def _line(one: ReminderRow, case: Case, playbook: Playbook, now: datetime) -> list[str]:
    """A sentence of one case, and where its run is shown."""
    who = _who(case)
    due = owed(case)
    by = f"; {due.what} due {names.local(due.at, playbook, now)}" if due is not None else ""
    match one.kind:
        case "escalation":
            said = _escalated(case, playbook, now)
        case "new":
            said = f"{who} waits for your decision{by}."
        case "due_soon":
            said = f"{who} is due soon{by}."
        case "breached":
            late = _late(one, case, now)
            since = f" since {names.local(late.at, playbook, now)}" if late is not None else ""
            said = f"{who}: the {late.what if late else 'answer'} is late{since}."
        case "waited_long":
            said = f"{who} has waited long for {case.waiting_for or 'the author'}: ask again, or settle it."
        case "handed_to_you":
            until = case.handoff_expires_at
            end = f", until {names.local(until, playbook, now)}" if until is not None else ""
            said = (
                f"{who} is offered to {case.handoff_to}{end}. "
                f"Take it with: remit handoff {case.id} --accept"
            )
        case "approval_expired":
            said = f"{who}: nobody decided on its draft in time, and it still waits{by}."
        case "consulted":
            said = f"{who}: your advice is asked for before it is answered{by}."
        case _:
            said = f"{who} was opened; {one.role or 'you'} need do nothing."
    return [said, *_link(case)]


def _who(case: Case) -> str:
    return f"Case {case.id} ({case.severity}, {case.owner}, rule {case.rule})"


def _escalated(case: Case, playbook: Playbook, now: datetime) -> str:
    due = owed(case)
    by = f"; {due.what} due {names.local(due.at, playbook, now)}" if due is not None else ""
    return (
        f"{_who(case)} has nobody yet{by}. "
        f"Take it with: remit ack {case.id}, or in the form of its run."
    )


def _late(one: ReminderRow, case: Case, now: datetime) -> Owed | None:
    """The clock that the reminder is about; None where it was met since."""
    what = one.key.split(":")[1]
    return next((each for each in clocks(case) if each.what == what and each.at <= now), None)


def _link(case: Case) -> list[str]:
    """Where the run of the case is shown, where one is known and there is a UI."""
    if case.lease_run is None:
        return []
    url = url_for("flow-run", case.lease_run)
    return [url] if url else []
