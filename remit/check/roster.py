"""Who can be reached when: hours, holidays, calls and leave of the roles and people of a playbook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from remit.check.days import Days
from remit.check.given import Given
from remit.check.grid import Grid
from remit.check.space import DAYS
from remit.check.spans import Spans, join
from remit.check.timetable import Timetable, Wait, Waits
from remit.decide import clock
from remit.decide.presence import present
from remit.model import DatedHours, Due, Duration, Holidays, Hours, Playbook, Role, Step

_AROUND = 9
"""Days beside the ones looked at, so that a night or a weekend at their edge is seen whole."""
_AFTER = 400
"""Days after them, until the last case is due: as far as the business clock looks ahead."""
_SEEN = DAYS + 2 * _AROUND

Plan = tuple[Hours, tuple[DatedHours, ...], Holidays | None]
"""What the openings of a role depend on. Many roles have the same."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Whom a case of a rule can reach: people by their roles, and people named themselves."""

    roles: frozenset[str]
    people: frozenset[str] = frozenset()


class Roster:
    """Sets of instants are bitsets of cells of one grid. Every answer is computed once."""

    def __init__(self, playbook: Playbook, given: Given) -> None:
        self.playbook = playbook
        self.given = given
        count = _AROUND + DAYS + _AFTER
        self.days = Days(playbook.timezone, given.since - timedelta(days=_AROUND), count)
        midnights = self.days.midnights
        self.begin, self.end = midnights[_AROUND], midnights[_AROUND + DAYS]
        """The days that the findings speak of: 366 from the one given."""
        around: Spans = ((midnights[0], midnights[_SEEN]),)
        leave = self._leave()
        missed = self._missed()
        plans: dict[Plan, Role] = {}
        self._plan = {
            role.id: plans.setdefault(_plan(role), role).id for role in playbook.roles.values()
        }
        """By role: the first role with the same openings."""
        # With the holidays, and as if there were none.
        open_ = {
            (role.id, counted): self._openings(role, counted=counted)
            for role in plans.values()
            for counted in (True, False)
        }
        self.grid = Grid(
            [
                around,
                ((self.begin, self.end),),
                *leave.values(),
                *missed.values(),
                *open_.values(),
            ]
        )
        self.around = self.grid.bits(around)
        self.looked_at = self.grid.bits(((self.begin, self.end),))
        self._works = {key: self.grid.bits(spans) for key, spans in open_.items()}
        self._away = {person: self.grid.bits(spans) for person, spans in leave.items()}
        self._missing = {person: self.grid.bits(spans) for person, spans in missed.items()}
        self._holders: dict[str, list[Role]] = {}
        for role in playbook.roles.values():
            for person in role.people:
                self._holders.setdefault(person, []).append(role)
        self._timetables: dict[str, Timetable] = {}

    def reached(self, owner: str, escalation: Iterable[Step]) -> Reached:
        """The owner and all whom the steps name. A step that tells nobody adds nobody."""
        roles: set[str] = {owner}
        people: set[str] = set()
        for step in escalation:
            told = told_by(step, owner, self.playbook)
            if told is not None:
                (roles if told in self.playbook.roles else people).add(told)
        return Reached(frozenset(roles), frozenset(people))

    def there(self, reached: Reached, *, holidays: bool = True, leave: bool = True) -> int:
        """When at least one of these can be reached."""
        found = 0
        for role in reached.roles:
            found |= self._role(self.playbook.roles[role], holidays=holidays, leave=leave)
        for person in reached.people:
            found |= self._person(person, holidays=holidays, leave=leave)
        return found

    def works(self, role: str) -> int:
        """The role's hours, whoever holds it: what `within_hours` tests."""
        return self._works[self._plan[role], True]

    def away(self, person: str) -> int:
        """When a person is on leave."""
        return self._away.get(person, 0)

    def waits(self, owner: str, length: Duration, due: Due, within: int) -> Waits:
        """How long it takes until what comes at these instants is due."""
        spans = ((self.begin, self.end),) if within == self.looked_at else self.grid.spans(within)
        if due.clock == "calendar":
            wait = Wait(int(length.calendar.total_seconds()), spans[0][0])
            return Waits(wait, wait)
        return self._timetable(owner).waits(length, spans)

    def never_sooner(self, owner: str, length: Duration, due: Due) -> int:
        """Seconds that no wait falls below; the shortest wait itself takes longer to find."""
        if due.clock == "calendar":
            return int(length.calendar.total_seconds())
        return self._timetable(owner).never_sooner(length)

    def roles_of(self, reached: Reached) -> tuple[Role, ...]:
        """Those and the ones that their people have, in the order of the playbook."""
        return tuple(
            role
            for role in self.playbook.roles.values()
            if role.id in reached.roles or not reached.people.isdisjoint(role.people)
        )

    def people_of(self, reached: Reached) -> tuple[str, ...]:
        """Everybody who can be reached, in the order of the playbook."""
        held = {who for name in reached.roles for who in self.playbook.roles[name].people}
        return tuple(who for who in self.playbook.people if who in held | reached.people)

    # ---------------------------------------------------------------------------------------------

    def _timetable(self, owner: str) -> Timetable:
        plan = self._plan[owner]
        if plan not in self._timetables:
            role = self.playbook.roles[owner]
            self._timetables[plan] = Timetable(role, self.days, self.given.holidays, _SEEN)
        return self._timetables[plan]

    def _openings(self, role: Role, *, counted: bool) -> Spans:
        if clock.works_always(role):
            return ((self.days.midnights[0], self.days.midnights[_SEEN]),)
        calendar = self.given.holidays if counted else None
        return join(
            opening
            for number in range(_SEEN)
            for opening in self.days.openings(role, number, calendar)
        )

    def _role(self, role: Role, *, holidays: bool, leave: bool) -> int:
        """When it works or is on call, and not all of its people are away."""
        if not role.people:
            return 0
        there = self.around if role.on_call else self._works[self._plan[role.id], holidays]
        gone = self.around if leave else 0
        for person in role.people:
            gone &= self._missing.get(person, 0)
        return there & ~gone

    def _person(self, person: str, *, holidays: bool, leave: bool) -> int:
        """When any role works or is on call that the person has. Who has none is always there."""
        there = 0 if person in self._holders else self.around
        for role in self._holders.get(person, ()):
            there |= self._role(role, holidays=holidays, leave=False)
        return there & ~self._missing.get(person, 0) if leave else there

    def _missed(self) -> Mapping[str, Spans]:
        """By person: the days on which they are away and nobody stands in."""
        spans: dict[str, list[tuple[int, int]]] = {}
        first, last = self.days.date(0), self.days.date(_SEEN - 1)
        for number in sorted(
            {
                number
                for away in self.given.away
                for number in range(
                    (max(away.first, first) - first).days,
                    (min(away.last, last) - first).days + 1,
                )
            }
        ):
            day = self.days.date(number)
            gone = {
                away.person: away.cover
                for away in sorted(self.given.away, key=lambda one: one.cover is not None)
                if away.first <= day <= away.last
            }
            for person in gone:
                if not present((person,), gone):
                    span = (self.days.midnights[number], self.days.midnights[number + 1])
                    spans.setdefault(person, []).append(span)
        return {person: join(parts) for person, parts in spans.items()}

    def _leave(self) -> Mapping[str, Spans]:
        spans: dict[str, list[tuple[int, int]]] = {}
        midnights = self.days.midnights
        first, last = self.days.date(0), self.days.date(_SEEN - 1)
        for away in self.given.away:
            begin, end = max(away.first, first), min(away.last, last)
            if begin <= end:
                span = (midnights[(begin - first).days], midnights[(end - first).days + 1])
                spans.setdefault(away.person, []).append(span)
        return {person: join(parts) for person, parts in spans.items()}


def told_by(step: Step, owner: str, playbook: Playbook) -> str | None:
    """The role or the person whom a step tells; None for the backup of a role that has none."""
    if step.notify == "owner":
        return owner
    if step.notify == "backup":
        return playbook.roles[owner].backup
    return step.notify


def people_told(step: Step, owner: str, playbook: Playbook) -> tuple[str, ...]:
    """The people whom a step tells."""
    told = told_by(step, owner, playbook)
    if told is None:
        return ()
    role = playbook.roles.get(told)
    return (told,) if role is None else role.people


def _plan(role: Role) -> Plan:
    if role.hours is None or clock.works_always(role):
        return (Hours(), (), None)
    return (role.hours, role.dated, role.holidays)
