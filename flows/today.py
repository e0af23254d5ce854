"""A role's day on one page: what it owes, due first, and what stops it. No text and no handle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from flows.markdown import NOBODY, escaped, table
from flows.names import dated
from flows.pages import Words
from remit.decide.claims import claimant
from remit.decide.owed import due_order, owed, standing
from remit.ledger.holds import Held
from remit.ledger.storms import Storm
from remit.model import Case, Playbook, State

LONGEST = 100
"""Rows of one table; `remit cases` shows the rest."""
LISTED = 20
"""Cases of one storm that are named."""

Link = Callable[[Case], str | None]
"""Where a case is looked at or decided on, in Prefect's UI; None: nowhere yet."""


class Day:
    """One moment of a brand: its unfinished cases and the holds that are on."""

    def __init__(
        self,
        playbook: Playbook,
        cases: Sequence[Case],
        holds: Sequence[Held],
        storms: Sequence[Storm],
        *,
        now: datetime,
        link: Link,
        ui: str,
    ) -> None:
        self._playbook = playbook
        self._cases = sorted(cases, key=due_order)
        self._holds = holds
        self._storms_on = {storm.id: storm for storm in storms}
        self._now = now
        self._link = link
        self._ui = ui

    def words(self, role: str) -> Words:
        """The page of one role."""
        mine = [case for case in self._cases if case.owner == role]
        to_us = [case for case in self._cases if case.handoff_to == role]
        # A storm's own case came from no channel.
        stormy = [case for case in mine if case.incident is not None and case.channel is not None]
        waiting = [case for case in mine if case.state is State.waiting]
        # A storm's members that have no form yet stand with their storm, not before all else.
        unformed = {case.id for case in stormy if case.state is not State.awaiting_approval}
        working = [
            case for case in mine if case.state is not State.waiting and case.id not in unformed
        ]
        offered = [case for case in mine if case.handoff_to is not None]
        upon_us = [hold for hold in self._holds if hold.role == role]
        by_us = [hold for hold in self._holds if hold.owner == role != hold.role]
        counts = _counts(mine, to_us, stormy, self._now)
        inbox = f"{self._ui}/runs?state=Suspended&flow-runs-sort=NAME_ASC"
        command = f"in a terminal: `remit cases --role {role}`"
        parts = [
            f"# Today: {escaped(self._playbook.roles[role].title or role)}\n",
            *self._stops("Stopped by a hold", upon_us),
            *self._section("Offered to you: take it, or leave it", to_us, self._offer),
            *self._section("Yours, what is due first on top", working, self._work),
            *self._section("Waiting for somebody outside", waiting, self._wait),
            *self._section("Offered to another role, still yours", offered, self._offer),
            *self._storms(stormy),
            *self._stops("Holds that your cases placed", by_us),
            f"Times are {self._playbook.timezone}. [All forms that wait]({inbox}), or {command}",
        ]
        return Words(counts, "\n".join(parts))  # Prefect shows the line above the page

    def _section(
        self, title: str, cases: Sequence[Case], row: Callable[[Case], dict[str, str]]
    ) -> list[str]:
        if not cases:
            return []
        rows = [row(case) for case in cases[:LONGEST]]
        more = len(cases) - len(rows)
        return [
            f"### {title}\n",
            table(list(rows[0]), (tuple(each.values()) for each in rows)) + "\n",
            *([f"And {more} more: `remit cases` lists them.\n"] if more else []),
        ]

    def _work(self, case: Case) -> dict[str, str]:
        due = owed(case)
        late = due is not None and due.overdue(self._now)
        at = self._at(due.at) if due else NOBODY
        soon = standing(case, self._now) == "due soon"
        return {
            "due": f"**{at}**" if late or soon else at,
            "": "**breached**" if late else "due soon" if soon else "",
            "what": due.what if due else NOBODY,
            **self._about(case),
            "who has it": self._who(case),
            "state": str(case.state).replace("_", " "),
        }

    def _wait(self, case: Case) -> dict[str, str]:
        return {
            "since": self._at(case.waiting_since),
            "for": escaped(case.waiting_for or "the author"),
            **self._about(case),
            "who has it": self._who(case),
        }

    def _offer(self, case: Case) -> dict[str, str]:
        due = owed(case)
        return {
            "due": self._at(due.at if due else None),
            "from": case.owner,
            "to": case.handoff_to or NOBODY,
            "until": self._at(case.handoff_expires_at),
            **self._about(case),
        }

    def _stops(self, title: str, holds: Sequence[Held]) -> list[str]:
        if not holds:
            return []
        rows = [
            (
                str(hold.id),
                hold.role,
                ", ".join(hold.topics) or "everything",
                f"{hold.case}, of {hold.owner}",
                self._until(hold),
                escaped(hold.confirmed_by or NOBODY),
            )
            for hold in holds
        ]
        header = ("hold", "posts of", "about", "wait for case", "until", "confirmed by")
        return [
            f"### {title}\n",
            table(header, rows) + "\n",
            "In one step: `remit hold N --confirm --as PERSON`, or `--drop --reason WHY`\n",
        ]

    def _until(self, hold: Held) -> str:
        if hold.started_at is None:
            return "begins when the case is acknowledged"
        return self._at(hold.ends_at) if hold.ends_at else "the case is resolved"

    def _about(self, case: Case) -> dict[str, str]:
        return {
            "case": self._number(case),
            "severity": f"**{case.severity}**" if case.severity.band == "urgent" else case.severity,
            "topic": ", ".join(case.topics) or case.rule,
            "platform": case.platform,
        }

    def _number(self, case: Case) -> str:
        link = self._link(case)
        return f"[{case.id}]({link})" if link else str(case.id)

    def _at(self, at: datetime | None) -> str:
        return NOBODY if at is None else dated(at, self._playbook, self._now)

    def _who(self, case: Case) -> str:
        """Whoever has it, and until when it is theirs alone."""
        if case.assignee is None:
            return NOBODY
        person = self._playbook.people.get(case.assignee)
        name = escaped(person.name if person else case.assignee)
        alone = claimant(case, self._playbook, self._now) is not None
        return f"{name} until {self._at(case.claimed_until)}" if alone else name

    def _storms(self, stormy: Sequence[Case]) -> list[str]:
        """By storm, the members that nobody has answered: no one is swallowed by it."""
        members: dict[int, list[Case]] = {}
        for case in stormy:
            members.setdefault(case.incident or 0, []).append(case)
        lines = [self._storm(number, of_it) for number, of_it in sorted(members.items())]
        return ["### Of a storm, not answered yet\n", "\n".join(lines) + "\n"] if lines else []

    def _storm(self, number: int, members: Sequence[Case]) -> str:
        named = ", ".join(self._number(case) for case in members[:LISTED])
        more = len(members) - LISTED
        rest = f" and {more} more (`remit storm {number}`)" if more > 0 else ""
        storm = self._storms_on.get(number)
        about = (storm.topic or storm.channel) if storm else None
        words = storm.statement if storm else None
        step = f"; its words are approved: `remit storm {number} --answer --as PERSON`"
        return (
            f"- storm {number}{f' about {about}' if about else ''}, {len(members)} unanswered: "
            f"{named}{rest}{step if words else ''}"
        )


def _counts(
    mine: Sequence[Case], to_us: Sequence[Case], stormy: Sequence[Case], now: datetime
) -> str:
    stands = [standing(case, now) for case in mine]
    late, soon = stands.count("breached"), stands.count("due soon")
    with_another = sum(case.handoff_to is not None for case in mine)
    said = [
        f"**{late} breached**" if late else "0 breached",
        f"**{soon} due soon**" if soon else "0 due soon",
        f"{stands.count('open')} open",
        f"{stands.count('waiting')} waiting",
        f"{with_another} offered to another role",
        f"**{len(to_us)} offered to you**" if to_us else "0 offered to you",
    ]
    if stormy:
        said.append(f"**{len(stormy)} of a storm unanswered**")
    return " · ".join(said)
