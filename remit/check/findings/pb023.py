"""At some instant, or with some writer, too few people may approve.

An approval that asks for `count` people needs so many who may say yes: people of the roles in `by`,
each counted once however many of these roles they have, without the writer where it says `not:
writer`, and without those on leave. Whoever may approve may also have written the text last, so with
`not: writer` one of those present is always left out. Nobody has to be in working hours: an approval
can wait for the morning, but not for the end of a leave, nor for a person who does not exist.

An approval with tiers is one for each of them. Nobody counts twice, so people of a later tier who may
say yes in an earlier one may be missing when they are asked.

Only approvals are looked at that a rule uses, by name or by default, `otherwise` too. One finding for
each approval.

Anti-pattern::

    approvals:
      campaigns: {by: [lead], count: 1, not: writer}       # the lead is one person, and may write

Better::

    approvals:
      campaigns: {by: [lead, cm], count: 1, not: writer}

What to do::

    Let one role more approve, give a role one person more, or ask for fewer. Against leave: find
    somebody who stands in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from remit.check.days import day_text
from remit.check.roster import Roster
from remit.check.rules import cases_of
from remit.check.study import Study
from remit.model import Approval, Finding, Playbook, Rule, Tier

CODE = "PB023"
_SHOWN = 3


def find(study: Study) -> Iterator[Finding]:
    """In the order in which the rules first use them."""
    using: dict[str, list[Rule]] = {}
    for _, rule in cases_of(study.playbook):
        if rule.outcome.approval is not None:
            using.setdefault(rule.outcome.approval, []).append(rule)
    for name, rules in using.items():
        approval = study.playbook.approvals[name]
        found = _short(approval, study)
        if found is not None:
            yield Finding(
                code=CODE,
                file=approval.where.file,
                line=max(approval.where.line, 1),
                rule=rules[0].id,
                others=tuple(rule.id for rule in rules[1:]),
                message=f"the approval {name} needs {found}",
            )


def _short(approval: Approval, study: Study) -> str | None:
    """What it needs and what was found, of the first tier that may lack people."""
    asked = [_Asked(tier, _people(tier, study.playbook)) for tier in approval.asked]
    for number, tier in enumerate(asked):
        before = asked[:number]
        found = _too_few(tier, before) or _too_few_present(tier, before, study.roster)
        if found is not None:
            where = f" in its tier {number + 1}" if approval.tiers else ""
            return f"{_wanted(tier.tier)}{where}; {found}"
    return None


def _people(tier: Tier, playbook: Playbook) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for role in tier.by for each in playbook.roles[role].people))


@dataclass(frozen=True, slots=True)
class _Asked:
    tier: Tier
    people: tuple[str, ...]


def _wanted(tier: Tier) -> str:
    people = "1 person" if tier.count == 1 else f"{tier.count} people"
    return f"{people} other than the writer" if tier.not_writer else people


def _needed(tier: Tier) -> int:
    """So many that it is enough whoever of them wrote the text."""
    return tier.count + tier.not_writer


def _spent(people: tuple[str, ...], before: Sequence[_Asked]) -> int:
    """How many of these may have said yes in the tiers before, and count no more.

    The most that can be: each yes of an earlier tier is given to one person, who gives no other.
    """
    taken: dict[str, tuple[int, int]] = {}

    def give(place: tuple[int, int], able: tuple[str, ...], seen: set[str]) -> bool:
        for person in able:
            if person in seen:
                continue
            seen.add(person)
            held = taken.get(person)
            if held is None or give(held, ables[held[0]], seen):
                taken[person] = place
                return True
        return False

    ables = [tuple(each for each in asked.people if each in people) for asked in before]
    for number, asked in enumerate(before):
        for one in range(min(asked.tier.count, len(ables[number]))):
            give((number, one), ables[number], set())
    return len(taken)


def _too_few(asked: _Asked, before: Sequence[_Asked]) -> str | None:
    tier, people = asked.tier, asked.people
    spent = _spent(people, before)
    if len(people) - spent >= _needed(tier):
        return None
    writes = ""
    if tier.not_writer:
        writes = ", who may be the writer" if len(people) == 1 else ""
        writes = ", and one of them may be the writer" if len(people) > 1 else writes
    if spent:
        writes += f", and {spent} of them may have said yes in an earlier tier, which counts once"
    return (
        f"found {_named(people)} in {' and '.join(tier.by)}{writes}; "
        "add a role to `by`, add people to a role, or ask for fewer"
    )


def _too_few_present(asked: _Asked, before: Sequence[_Asked], roster: Roster) -> str | None:
    """The days on which leave takes away too many."""
    tier, people = asked.tier, asked.people
    away = {person: roster.away(person) & roster.looked_at for person in people}
    edges = {roster.begin, roster.end}
    edges.update(at for lost in away.values() for span in roster.grid.spans(lost) for at in span)
    short: list[tuple[int, int, tuple[str, ...]]] = []
    for since, until in pairwise(sorted(edges)):
        cell = roster.grid.cell(since)
        present = tuple(person for person in people if not away[person] & cell)
        if len(present) - _spent(present, before) >= _needed(tier):
            continue
        if short and short[-1][1] == since and short[-1][2] == present:
            short[-1] = (short[-1][0], until, present)
        else:
            short.append((since, until, present))
    if not short:
        return None
    times = [_while(*each, roster) for each in short]
    more = f" and {len(times) - _SHOWN} times more" if times[_SHOWN:] else ""
    writer = ""
    if tier.not_writer and any(present for _, _, present in short):
        writer = ", and one of those left may be the writer"
    return (
        f"found {', '.join(times[:_SHOWN])}{more}, because of leave{writer}; "
        "find somebody who stands in, add a role to `by`, or move the leave"
    )


def _while(since: int, until: int, present: tuple[str, ...], roster: Roster) -> str:
    first, last = roster.days.wall(since).date(), roster.days.wall(until - 1).date()
    if first == last:
        return f"{_named(present)} on {day_text(first)}"
    return f"{_named(present)} from {day_text(first)} to {day_text(last)}"


def _named(people: tuple[str, ...]) -> str:
    return f"{len(people)} ({', '.join(people)})" if people else "nobody"
