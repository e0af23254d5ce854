"""Which clock a case has, and how its due times come about and go on after a pause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from remit.decide import dues
from remit.decide.dues import Clock
from remit.ledger.changes import CaseChange
from remit.model import Due, Duration, HolidayCalendar, Play, Playbook, Role

_ANSWERS = {Play.reply.value, Play.triage.value}


@dataclass(frozen=True)
class Clocks:
    """What due times are reckoned with. The caller knows it; the ledger holds only the times."""

    playbook: Playbook
    """The deployed one."""
    holidays: HolidayCalendar | None = None
    promised: Mapping[str, Playbook] = field(default_factory=dict)
    """Versions by hash; a case whose version is not here is reckoned by the deployed one."""
    windows: Mapping[str, Duration] = field(default_factory=dict)
    """By platform: how long a message can be answered."""

    def version(self, case: Mapping[str, Any]) -> Playbook:
        """The playbook under which the case was promised."""
        return self.promised.get(case["playbook"], self.playbook)

    def due(self, case: Mapping[str, Any]) -> Due | None:
        """What its rule promises."""
        book = self.version(case)
        rules = {rule.id: rule for rule in (book.otherwise, *book.rules) if rule is not None}
        rule = rules.get(case["rule"])
        return None if rule is None else rule.outcome.due

    def clock(self, case: Mapping[str, Any], due: Due | None) -> Clock:
        """Its owner's working time as it was promised, or the calendar where the rule says so."""
        return self.clock_of(self.version(case), case["owner"], due)

    def clock_of(self, book: Playbook, owner: str, due: Due | None) -> Clock:
        """The working time of a role in that version."""
        role = book.roles.get(owner) or self.playbook.roles.get(owner)
        calendar = due is not None and due.clock == "calendar"
        always = Role(id=owner, title=owner)  # in no version any more: nobody's hours stop it
        return Clock(role or always, book.timezone, self.holidays, calendar)

    def window(self, case: Mapping[str, Any]) -> Duration | None:
        """How long what the author wrote can be answered; None: for ever, or nobody is answered."""
        if case["channel"] is None or case["play"] not in _ANSWERS:
            return None
        return self.windows.get(case["platform"])


def asked_again(
    change: CaseChange, clocks: Clocks, asked: datetime, due: Due | None = None
) -> None:
    """The author wrote something more to a case that is open.

    Once it was answered, the oldest message without an answer sets when the next is due. Before,
    the first answer stays due, and this is kept for the case that it is on its way already and
    does not answer what came now. `due`: what the message's own rule promises.
    """
    row = change.row
    if row["responded_at"] is not None and row["next_response_due"] is not None:
        return
    clock = clocks.clock_of(clocks.playbook, row["owner"], due)
    if due is None:
        due = clocks.due(row)
        clock = clocks.clock(row, due)
    at = dues.next_response(due, clock, asked, clocks.window(row))
    change.set(next_response_due=at)
    if row["responded_at"] is not None:
        change.set(overdue_at=None, warned_at=None)


def resume_in(change: CaseChange, clocks: Clocks, at: datetime, asked: datetime) -> None:
    """The wait of a locked case is over: every due time is as far away as it was when it began.

    `asked`: when the author wrote what is to be answered. A platform's window does not wait.
    """
    row, since = change.row, change.row["waiting_since"]
    if since is None:
        return
    due = clocks.due(row)
    clock, until = clocks.clock(row, due), max(at, since)
    moved = {
        name: dues.after_pause(row[name], clock, since, until)
        for name in ("first_response_due", "next_response_due", "resolution_due")
    }
    door = dues.door(asked, clocks.window(row))
    for name in ("first_response_due", "next_response_due"):
        known = moved[name]
        if known is not None and door is not None:
            moved[name] = min(known, door)
    if row["responded_at"] is not None and moved["next_response_due"] is None:
        # It was answered for the time being; now the answer itself is owed.
        moved["next_response_due"] = dues.next_response(due, clock, until, None)
        change.set(overdue_at=None)
    change.set(**moved, waiting_since=None, waiting_for=None, warned_at=None, outcome=None)
    change.note("case.resumed", at, data={"since": since.isoformat()})
