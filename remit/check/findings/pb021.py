"""An escalation does not do what it is there for.

Three things are claimed, of the playbook alone; who works when is PB020's.

- *It reaches no person*: a step tells nobody, because its role has no people, or because it tells the
  backup of an owner that has none (it would tell the owner once more). One finding for each
  escalation and owner.
- *Backups go in a circle*: following `backup` from role to role comes back to where it was, so that
  nobody stands behind the last. One finding for each circle.
- *It outlasts the due time that it protects*: there is an instant, within the 366 days, at which an
  event of the rule can come whose due time (first response, or resolution if that is earlier) is over
  before the escalation has told the last of its people. Steps run on the calendar. The due time runs
  on the owner's open hours unless it says `clock: calendar`, so the instant that is named leaves the
  least time. A step that only tells people who were told before is no matter.

For example `due: {first_response: 15m, clock: calendar}` with a step after 30m that is the first to
tell the lead: the lead hears of the case 15 minutes too late, whenever it comes. With
`first_response: 4h` in open hours and a step after 5h, an event at nine in the morning is due at one,
and the step is at two. A step at the very time at which the answer is due is not too late.

Anti-pattern::

    rules:
      - id: crisis
        when: {topic: safety}
        owner: cm
        play: reply
        escalation: urgent
        due: {first_response: 15m, clock: calendar}
    escalations:
      urgent:
        - {after: 0m, notify: owner}
        - {after: 30m, notify: lead}

Better::

    rules:
      - id: crisis
        when: {topic: safety}
        owner: cm
        play: reply
        escalation: urgent
        due: {first_response: 15m, clock: calendar}
    escalations:
      urgent:
        - {after: 0m, notify: owner}
        - {after: 10m, notify: lead}

What to do::

    Give the role people or a backup, end the circle, or tell everybody before the answer is due.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from remit.check.days import length_text, moment_text
from remit.check.roster import Roster, people_told, told_by
from remit.check.rules import cases_of
from remit.check.study import Study
from remit.check.timetable import Wait
from remit.model import Due, Duration, Finding, Playbook, Rule, Step

CODE = "PB021"


def find(study: Study) -> Iterator[Finding]:
    """Circles in the order of roles, then what is wrong with the rules' escalations."""
    return chain(_circles(study.playbook), _silent(study.playbook), _late(study))


def _circles(playbook: Playbook) -> Iterator[Finding]:
    seen: set[str] = set()
    for role in playbook.roles.values():
        path: list[str] = []
        at: str | None = role.id
        while at is not None and at not in seen:
            seen.add(at)
            path.append(at)
            at = playbook.roles[at].backup
        if at in path:
            circle = path[path.index(at) :]
            where = playbook.roles[circle[0]].where
            yield Finding(
                code=CODE,
                file=where.file,
                line=max(where.line, 1),
                message=(
                    f"backups go in a circle, so nobody stands behind the last; "
                    f"found {' -> '.join([*circle, circle[0]])}; take one `backup` away, "
                    "or name a role outside the circle"
                ),
            )


def _silent(playbook: Playbook) -> Iterator[Finding]:
    """Escalations with a step that tells nobody."""
    rules: dict[tuple[str, str], list[Rule]] = {}
    for _, rule in cases_of(playbook):
        if rule.outcome.escalation is not None:
            rules.setdefault((rule.outcome.escalation, rule.outcome.owner), []).append(rule)
    for (name, owner), using in rules.items():
        steps = playbook.escalations[name]
        silent = [
            (number, step)
            for number, step in enumerate(steps, 1)
            if not people_told(step, owner, playbook)
        ]
        if silent:
            first, *others = using
            yield Finding(
                code=CODE,
                file=first.where.file,
                line=max(first.where.line, 1),
                rule=first.id,
                others=tuple(rule.id for rule in others),
                message=(
                    f"the escalation {name} reaches no person in a step; "
                    f"found {'; '.join(_told_nobody(*each, owner, playbook) for each in silent)}; "
                    f"{_someone(silent[0][1], owner, playbook)}"
                ),
            )


def _told_nobody(number: int, step: Step, owner: str, playbook: Playbook) -> str:
    told = told_by(step, owner, playbook)
    why = f"{owner} has no backup" if told is None else f"the role {told} has no people"
    return f"step {number} ({step.after}) tells {step.notify}, and {why}"


def _someone(step: Step, owner: str, playbook: Playbook) -> str:
    told = told_by(step, owner, playbook)
    if told is None:
        return f"add `backup: ROLE` to {owner}, or name a role with people in the step"
    return f"add `people: [NAME]` to {told}, or name another role in the step"


# What comes too late ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Last:
    """The last step that tells somebody who was not told before."""

    number: int
    step: Step
    people: tuple[str, ...]

    @property
    def after(self) -> int:
        return int(self.step.after.calendar.total_seconds())


def _late(study: Study) -> Iterator[Finding]:
    """Rules with something due before the last person is told."""
    roster = study.roster
    for number, rule in cases_of(study.playbook):
        last = _last_new(rule, study.playbook)
        if last is None or _never_sooner(rule, roster) >= last.after:
            continue
        within = study.arrivals.instants(number) & roster.looked_at
        if not within:
            continue
        wait, what, length = _soonest(rule, roster, within)
        if wait.seconds < last.after:
            yield Finding(
                code=CODE,
                file=rule.where.file,
                line=max(rule.where.line, 1),
                rule=rule.id,
                message=_too_late(rule, last, wait, f"{what} ({length})", roster),
                event=study.arrivals.event(number, wait.since),
            )


def _last_new(rule: Rule, playbook: Playbook) -> _Last | None:
    """None also where nothing is due that an escalation protects."""
    due = rule.outcome.due
    if due is None or not _limits(due):
        return None
    told: set[str] = set()
    last = None
    for number, step in enumerate(playbook.escalations.get(rule.outcome.escalation or "", ()), 1):
        people = people_told(step, rule.outcome.owner, playbook)
        new = tuple(person for person in people if person not in told)
        if new:
            last = _Last(number, step, new)
            told.update(new)
    return last


def _limits(due: Due) -> list[tuple[str, Duration]]:
    limits = (("first response", due.first_response), ("resolution", due.resolution))
    return [(what, length) for what, length in limits if length is not None]


def _never_sooner(rule: Rule, roster: Roster) -> int:
    """Seconds before which nothing is due that the rule gives time for."""
    due = rule.outcome.due
    assert due is not None
    owner = rule.outcome.owner
    return min(roster.never_sooner(owner, length, due) for _, length in _limits(due))


def _soonest(rule: Rule, roster: Roster, within: int) -> tuple[Wait, str, Duration]:
    """The least time that one of those instants leaves, and what is due then."""
    due = rule.outcome.due
    assert due is not None
    waits = [
        (roster.waits(rule.outcome.owner, length, due, within).shortest, what, length)
        for what, length in _limits(due)
    ]
    return min(waits, key=lambda wait: wait[0])


def _too_late(rule: Rule, last: _Last, wait: Wait, what: str, roster: Roster) -> str:
    people = " and ".join(last.people)
    return (
        f"the escalation {rule.outcome.escalation} outlasts the due time that it protects; "
        f"found step {last.number} telling {people} after {length_text(last.after)}, and the {what} "
        f"of an event of {moment_text(roster.days.wall(wait.since))} "
        f"due after {length_text(wait.seconds)}; "
        f"tell {people} within {length_text(wait.seconds)}, or give more time"
    )
