"""What is true of a playbook and does not stand in it: examples, meeting places, days off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from pydantic import ValidationError

from remit.check import Study, examples
from remit.check.bitsets import bits
from remit.check.search import Undecided
from remit.cli.charter.samples import samples_of
from remit.decide import Router, clock
from remit.model import Event, HolidayCalendar, Playbook, Refused, Role, Rule, Scenario, When

PAIRS = 3_000
"""Pairs of rules that are asked whether they meet."""
JUDGES = 200
"""Rules that scenarios are held against, to find one where two rules meet."""
DAYS_OFF = 5
_AHEAD = 366

ALL = When()


@dataclass(frozen=True, slots=True)
class Meeting:
    """Some event is taken by `first`, and would be by `second` if `first` were not there."""

    first: Rule
    second: Rule
    event: Event
    """One that shows it."""
    real: bool
    """Whether it is a scenario's."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a charter tells."""

    playbook: Playbook
    examples: Mapping[str, Event] = field(default_factory=dict)
    """By rule: an event that it takes."""
    meetings: tuple[Meeting, ...] = ()
    """Of rules of different owners, in the order of the playbook."""
    cut: bool = False
    """Whether there may be more of them."""
    complete: bool = True
    """Whether every event of a known kind has an owner."""
    samples: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By topic: a few of its words."""
    days_off: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    """By role: the next holidays that take away a day of its work."""


def gather(study: Study, *, language: str = "", dated: bool = True) -> Facts:
    """Ask the Router and the prover. `dated`: with the days off from the study's first day on."""
    playbook, given = study.playbook, study.given
    decided = _decided(study)
    meetings, cut = _meetings(study, decided)
    days_off = {
        name: tuple(_days_off(role, given.since, given.holidays))
        for name, role in playbook.roles.items()
        if dated and given.holidays is not None
    }
    shown = {**examples(study), **_plainest(decided, language)}
    gap = study.reach.gap
    complete = playbook.otherwise is not None or not (gap.found or gap.undecided)
    samples = samples_of(playbook.topics.values(), _texts(decided))
    return Facts(playbook, shown, meetings, cut, complete, samples, days_off)


# Examples ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Decided:
    """A scenario's event, and where the Router sends it."""

    event: Event
    rule: str
    topics: tuple[str, ...]
    size: int
    """Fields that the scenario gives."""


def _decided(study: Study) -> tuple[_Decided, ...]:
    found: list[_Decided] = []
    for scenario in study.playbook.scenarios:
        event = _event(scenario)
        if event is None:
            continue
        try:
            decision = study.router.decide(event)
        except Refused:
            continue
        found.append(_Decided(event, decision.rule, decision.topics, _size(scenario.event)))
    return tuple(found)


def _event(scenario: Scenario) -> Event | None:
    try:
        return Event.model_validate({"id": "1", **scenario.event, "time": scenario.at})
    except ValidationError:
        return None


def _size(said: Mapping[str, object]) -> int:
    return sum(_size(each) if isinstance(each, Mapping) else 1 for each in said.values())


def _plainest(decided: tuple[_Decided, ...], language: str) -> dict[str, Event]:
    """By rule: the event that says it with the least beside it, in that language if there is one."""

    def plainness(each: _Decided) -> tuple[bool, bool, int, int]:
        other = each.event.language not in (None, language)
        return not each.event.text, other, len(each.topics), each.size

    found: dict[str, Event] = {}
    for each in sorted(decided, key=plainness):
        found.setdefault(each.rule, each.event)
    return found


def _texts(decided: tuple[_Decided, ...]) -> dict[str, list[str]]:
    """By topic: texts that hold it, those that hold nothing else first."""
    found: dict[str, list[str]] = {}
    for each in sorted(decided, key=lambda each: len(each.topics)):
        for topic in each.topics:
            found.setdefault(topic, []).append(each.event.text or "")
    return found


# Meetings ----------------------------------------------------------------------------------------


def _meetings(study: Study, decided: tuple[_Decided, ...]) -> tuple[tuple[Meeting, ...], bool]:
    rules = study.playbook.rules
    shown = _Shown(study.playbook, decided, study.given.holidays)
    found: list[Meeting] = []
    cut = False
    for asked, (first, second) in enumerate(_neighbours(study)):
        if asked == PAIRS:
            return tuple(found), True
        try:
            event = _between(study, first, second)
        except Undecided:
            cut = True
            continue
        if event is not None:
            real = shown.where(rules[first], rules[second])
            found.append(Meeting(rules[first], rules[second], real or event, real is not None))
    return tuple(found), cut


def _neighbours(study: Study) -> Iterator[tuple[int, int]]:
    """Rules of two owners whose masks meet, the earlier first."""
    rules, reach = study.playbook.rules, study.reach
    for number, rule in enumerate(rules):
        near = 0
        for box in reach.boxes[number]:
            near |= study.search.touching(box.mask)
        for later in dict.fromkeys(reach.rule_of[clause] for clause in bits(near)):
            if rules[later].when == ALL:  # takes the rest, as `otherwise` does
                continue
            if later > number and rules[later].outcome.owner != rule.outcome.owner:
                yield number, later


def _between(study: Study, first: int, second: int) -> Event | None:
    """An event that the first rule takes, and the second would take next. Raises Undecided."""
    search, reach = study.search, study.reach
    others = reach.above[second] & ~reach.own[first]
    for left in reach.boxes[first]:
        for right in reach.boxes[second]:
            both = search.meet(left, right)
            if both is None:
                continue
            found = search.find(both, others)
            if found is not None:
                return study.trial.boundary(study.space, found, first, second)
    return None


class _Shown:
    """Finds a scenario where two rules meet."""

    def __init__(
        self,
        playbook: Playbook,
        decided: tuple[_Decided, ...],
        holidays: HolidayCalendar | None,
    ) -> None:
        self._playbook = playbook
        self._decided = decided
        self._holidays = holidays
        self._judges: dict[str, Router] = {}

    def where(self, first: Rule, second: Rule) -> Event | None:
        for each in self._decided:
            if each.rule == first.id and each.event.text and self._takes(second, each.event):
                return each.event
        return None

    def _takes(self, rule: Rule, event: Event) -> bool:
        judge = self._judges.get(rule.id)
        if judge is None:
            if len(self._judges) >= JUDGES:
                return False
            alone = self._playbook.model_copy(update={"rules": (rule,), "otherwise": None})
            judge = self._judges[rule.id] = Router(alone, self._holidays)
        try:
            return judge.decide(event).rule == rule.id
        except Refused:
            return False


# Days off ----------------------------------------------------------------------------------------


def _days_off(role: Role, since: date, holidays: HolidayCalendar) -> Iterator[date]:
    if role.holidays is None or role.hours is None:
        return
    left = DAYS_OFF
    for offset in range(_AHEAD):
        day = since + timedelta(days=offset)
        works = clock.hours_on(role, day).week[day.weekday()]
        if works and holidays.closed(role.holidays.country, role.holidays.joint_leave, day):
            yield day
            left -= 1
            if not left:
                return
