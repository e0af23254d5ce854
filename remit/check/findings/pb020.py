"""Nobody is there when a rule that cannot wait gets its event.

A rule of severity high or critical, or with a due time on the calendar, promises that somebody acts
at every hour. So within the 366 days from the day given, whenever an event can come to the rule, one
of these must be reachable: the people of its owner, and whom the steps of its escalation tell (a
role, a person, the owner's backup).

- A role is there in its hours, holidays left out as the role says, and at all times where it has no
  hours or is on call; but not without people, nor while all of them are on leave.
- A person whom a step names is there when one of their roles is, and at all times without any.
- A rule that tests hours, or stands below rules that do, is asked only about the hours at which its
  events come. A rule whose play is `log` opens no case and asks nobody.

The hours are counted on real instants of the brand's time zone, changes of the clocks included. Days
that the calendar of holidays only estimates are named as estimated.

Anti-pattern::

    roles:
      cm:
        title: Community Manager
        hours: {daily: "08:00-22:00"}
        people: [sari]
    rules:
      - {id: crisis, when: {topic: safety}, owner: cm, severity: critical, play: reply}

Better::

    roles:
      cm:
        title: Community Manager
        hours: {daily: "08:00-22:00"}
        people: [sari]
      lead: {title: Head of Brand, on_call: true, people: [ratna]}
    rules:
      - id: crisis
        when: {topic: safety}
        owner: cm
        severity: critical
        play: reply
        escalation: urgent
    escalations:
      urgent:
        - {after: 0m, notify: owner}
        - {after: 15m, notify: lead}

What to do::

    Let a step of the escalation tell a role that is on call, or make the hours of those whom it
    tells meet. Against leave: one person more, or other days.
"""

from __future__ import annotations

from collections.abc import Iterator

from remit.check.holes import Holes, Said, describe, find_holes
from remit.check.roster import Reached, Roster
from remit.check.rules import cases_of
from remit.check.study import Study
from remit.model import OTHERWISE, Finding, Rule, Severity

CODE = "PB020"


def find(study: Study) -> Iterator[Finding]:
    """One finding for each rule, in the order of the rules."""
    roster = study.roster
    known: dict[tuple[Reached, int], tuple[Holes, Said | None]] = {}
    named: dict[tuple[Reached, int], str] = {}
    for number, rule in cases_of(study.playbook):
        why = _why(rule)
        if why is None:
            continue
        escalation = study.playbook.escalations.get(rule.outcome.escalation or "", ())
        reached = roster.reached(rule.outcome.owner, escalation)
        if not roster.looked_at & ~roster.there(reached):
            continue
        when = study.arrivals.instants(number)
        if (reached, when) not in known:
            known[reached, when] = _holes(roster, reached, when)
        holes, said = known[reached, when]
        if said is None:
            continue
        first = named.setdefault((reached, when), rule.id)
        whole = said.whole if first == rule.id else f"at the hours of rule {first}"
        who = _who(reached, rule.outcome.owner, roster)
        yield Finding(
            code=CODE,
            file=rule.where.file,
            line=max(rule.where.line, 1),
            rule=rule.id,
            message=(
                f"{why} wants somebody at every hour; found no working or on-call person of "
                f"{who} {whole}: {said.hours}; {_remedy(rule, holes)}"
            ),
            event=study.arrivals.event(number, roster.grid.first(holes.every)),
        )


def _holes(roster: Roster, reached: Reached, when: int) -> tuple[Holes, Said | None]:
    """Computed once for all rules that reach the same people at the same hours."""
    holes = find_holes(roster, reached, when)
    return holes, describe(holes, reached, roster) if holes.every else None


def _why(rule: Rule) -> str | None:
    said = rule.outcome
    if said.severity.rank >= Severity.high.rank:
        return f"severity {said.severity}"
    if said.due is not None and said.due.clock == "calendar":
        return "a due time on the calendar"
    return None


def _who(reached: Reached, owner: str, roster: Roster) -> str:
    """The owner first, then the others as the playbook orders them."""
    roles = [name for name in roster.playbook.roles if name in reached.roles and name != owner]
    people = [name for name in roster.playbook.people if name in reached.people]
    *most, last = (owner, *roles, *people)
    return f"{', '.join(most)} or {last}" if most else last


def _remedy(rule: Rule, holes: Holes) -> str:
    if not holes.weekly and not holes.holidays:
        return "find somebody who stands in, add a person, or move the leave"
    name = rule.outcome.escalation
    more = "add hours" if holes.weekly else "let somebody work on these days"
    if name is None:
        where = "" if rule.id == OTHERWISE else f" to {rule.id}"
        return f"add an escalation{where} that tells a role with `on_call: true`, or {more}"
    return f"let a step of {name} tell a role with `on_call: true`, or {more}"
