"""What a role does not own, and where it meets the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from remit.cli.charter import duties
from remit.cli.charter.facts import Meeting as Fact
from remit.cli.charter.speech import upper
from remit.cli.charter.telling import Telling
from remit.cli.charter.views import Listed, Meeting
from remit.model import Rule

THINGS = 12
"""Things that a list names."""
MEETINGS = 24
"""Meeting places that are told under a role."""


def not_owned(telling: Telling, role: str, form: str) -> tuple[Listed, ...]:
    """What each other owner owns, under a line that names it."""
    return tuple(
        Listed(
            upper(form.format(owner=telling.speech.role(other))),
            telling.told(telling.owned(other), THINGS),
        )
        for other in telling.playbook.roles
        if other != role and telling.owned(other)
    )


def meetings_of(telling: Telling, role: str) -> tuple[Meeting, ...]:
    """Who goes first, where two owners could claim the same event."""
    return tuple(_meeting(telling, group) for group in _groups_of(telling, role)[:MEETINGS])


def meets(telling: Telling, role: str) -> tuple[str, ...]:
    """Who is heard, told and stopped, seen from either side."""
    more = telling.facts.cut or len(_groups_of(telling, role)) > MEETINGS
    said = [telling.say.more_meetings] if more else []
    said += [*_heard(telling, role), *_told(telling, role), *_held(telling, role)]
    return tuple(dict.fromkeys(said))


def _groups_of(telling: Telling, role: str) -> list[list[Fact]]:
    return [
        group
        for group in _grouped(telling.facts.meetings)
        if role in {group[0].first.outcome.owner, group[0].second.outcome.owner}
    ]


def _grouped(meetings: Iterable[Fact]) -> list[list[Fact]]:
    """Meetings of the same two owners, by first rules that meet the same second ones."""
    by_pair: dict[tuple[str, str], dict[str, list[Fact]]] = {}
    for each in meetings:
        pair = each.first.outcome.owner, each.second.outcome.owner
        by_pair.setdefault(pair, {}).setdefault(each.first.id, []).append(each)
    groups: list[list[Fact]] = []
    for of_first in by_pair.values():
        alike: dict[tuple[str, ...], list[Fact]] = {}
        for facts in of_first.values():
            alike.setdefault(tuple(fact.second.id for fact in facts), []).extend(facts)
        groups += alike.values()
    return groups


def _meeting(telling: Telling, group: list[Fact]) -> Meeting:
    firsts = {fact.first.id: fact.first for fact in group}
    seconds = {fact.second.id: fact.second for fact in group}
    speech = telling.speech
    first = group[0].first.outcome.owner
    second = group[0].second.outcome.owner
    shown = next((fact for fact in group if fact.real), group[0])
    example = duties.told(telling, shown.event)
    return Meeting(
        first=Listed(
            upper(telling.say.goes_first.format(first=speech.role(first))),
            telling.told(firsts.values(), THINGS),
        ),
        even=Listed(
            telling.say.even.format(second=speech.role(second)),
            telling.told(seconds.values(), THINGS),
        ),
        example=example,
    )


def _pairs(telling: Telling, role: str, field: str) -> dict[tuple[str, str], list[Rule]]:
    """By (owner, other): rules in which the owner hears or tells the other; `role` is one of them."""
    found: dict[tuple[str, str], list[Rule]] = {}
    for rule in telling.rules:
        owner = rule.outcome.owner
        for other in getattr(rule.outcome, field):
            if other != owner and role in {owner, other}:
                found.setdefault((owner, other), []).append(rule)
    return found


def _heard(telling: Telling, role: str) -> Iterator[str]:
    for (owner, other), rules in _pairs(telling, role, "consulted").items():
        yield _said(telling, telling.say.may_comment, owner, other, rules)


def _told(telling: Telling, role: str) -> Iterator[str]:
    for (owner, other), rules in _pairs(telling, role, "informed").items():
        yield _said(telling, telling.say.keeps_informed, owner, other, rules)


def _said(telling: Telling, form: str, owner: str, other: str, rules: list[Rule]) -> str:
    speech = telling.speech
    return upper(
        form.format(owner=speech.role(owner), other=speech.role(other), what=telling.short(rules))
    )


def _held(telling: Telling, role: str) -> Iterator[str]:
    for rule in telling.rules:
        hold = rule.outcome.hold
        if hold is None or role not in {rule.outcome.owner, hold.posts_of}:
            continue
        if hold.posts_of == rule.outcome.owner:
            continue
        yield duties.held_back(
            telling,
            hold,
            telling.say.holds_posts,
            owner=telling.speech.role(rule.outcome.owner),
            what=telling.conditions.brief(rule),
        )
