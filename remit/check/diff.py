"""What a change of the playbook moves: by the rule that took an event and the one that takes it now.

Complete, not sampled, over the events of one space in which both playbooks stand side by side (hours
over the year from `since`). A pair of rules is looked at only where a change can have touched it:

- A rule's *twin* is the first rule of the other playbook that compiles to the same events, whatever
  its name. A changed topic, hour, channel or field changes what a rule compiles to.
- What a rule took is taken by its twin now, or by a rule above that. So a pair can hold an event only
  if neither of the two lies below the other's twin. Between equal playbooks that leaves each rule
  with its twin, and their decisions are equal.

Two decisions are compared by what they say. What the names in them stand for (an approval, an
escalation, the hours that a due time counts) is compared apart, once for each name: see `redefined`.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from remit.check.instances import event_of, event_of_no_kind, plainest
from remit.check.redefined import Redefined, redefined
from remit.check.search import Search, Undecided, bits
from remit.check.space import Box, Space
from remit.decide import Router
from remit.model import (
    OTHERWISE,
    Decision,
    Event,
    HolidayCalendar,
    Outcome,
    Playbook,
    Refused,
)

PARTS = (
    "owner",
    "severity",
    "play",
    "due",
    "escalation",
    "approval",
    "hold",
    "consulted",
    "informed",
)
"""What two decisions are compared by."""

Region = tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Events that `old_rule` took and `new_rule` takes, with another decision; and one of them.

    A rule and its outcome are None where a playbook without `otherwise` leaves them to nobody.
    """

    old_rule: str | None
    new_rule: str | None
    old: Outcome | None
    new: Outcome | None
    event: Event


@dataclass(frozen=True, slots=True)
class Differences:
    """All that differs. Changes come in the order of the old rules, then of the new ones."""

    changes: tuple[Change, ...]
    undecided: tuple[str, ...] = ()
    """What could not be settled, with the names of the rules."""
    redefined: tuple[Redefined, ...] = ()
    """Names that both playbooks use and define otherwise."""


def compare(
    old: Playbook, new: Playbook, since: date, holidays: HolidayCalendar | None = None
) -> Differences:
    """Every difference between the decisions of two playbooks, each with an event that shows it."""
    comparison = _Comparison(old, new, since, holidays)
    changes: list[Change] = []
    undecided: list[str] = []
    for pair in comparison.pairs():
        try:
            event = comparison.event(pair)
        except Undecided:
            undecided.append(comparison.unsettled(pair, "the search reached its limit"))
            continue
        if event is None:
            continue
        change = comparison.shown(pair, event)
        if change is None:
            undecided.append(
                comparison.unsettled(pair, "a Router decides the event that was found otherwise")
            )
        else:
            changes.append(change)
    return Differences(tuple(changes), tuple(undecided), redefined(old, new))


@dataclass(frozen=True, slots=True)
class _Side:
    """One playbook in the space: its rules, and as the last of them `otherwise`, or nobody."""

    names: tuple[str | None, ...]
    regions: tuple[Region, ...]
    clauses: tuple[int, ...]
    """By rule but the last: its clauses, as a bitset."""
    above: tuple[int, ...]
    """By rule: the clauses of all rules above it."""
    decisions: tuple[Hashable, ...]
    twin: Mapping[Region, int]
    """The first rule of a region."""
    last: int


class _Comparison:
    """Two playbooks side by side. A pair is (number of an old rule, number of a new one)."""

    def __init__(
        self, old: Playbook, new: Playbook, since: date, holidays: HolidayCalendar | None
    ) -> None:
        self._space = Space((old, new), since, holidays)
        self._search = Search(self._space)
        self._number = {box: number for number, box in enumerate(self._search.clauses)}
        self._old, self._new = self._side(old, 0), self._side(new, 1)
        self._books, self._holidays = (old, new), holidays
        self._routers: tuple[Router, ...] = ()

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Pairs of rules that differ in decision and that a change can have touched."""
        old, new = self._old, self._new
        alike: dict[Hashable, int] = {}
        done: dict[int, int] = {}
        for j, region in enumerate(new.regions):
            alike[new.decisions[j]] = alike.get(new.decisions[j], 0) | 1 << j
            if region in old.twin:
                done[old.twin[region]] = done.get(old.twin[region], 0) | 1 << j
        possible = (2 << new.last) - 1
        for i, region in enumerate(old.regions):
            allowed = possible & ((2 << new.twin.get(region, new.last)) - 1)
            if i == old.last:  # in any case: kinds outside the hierarchy go from last to last
                allowed |= 1 << new.last
            allowed &= ~alike.get(old.decisions[i], 0)
            possible &= ~done.get(i, 0)
            if allowed:
                yield from ((i, j) for j in self._touched(region, allowed))

    def event(self, pair: tuple[int, int]) -> Event | None:
        """An event that passes from the one rule to the other. Raises Undecided."""
        i, j = pair
        both = itertools.product(self._old.regions[i], self._new.regions[j])
        met = (self._search.meet(left, right) for left, right in both)
        above = self._old.above[i] | self._new.above[j]
        last = pair == (self._old.last, self._new.last)
        try:
            found = self._first((box for box in met if box is not None), above)
        except Undecided:
            if not last:
                raise
            found = None
        return event_of_no_kind(self._space) if last and found is None else found

    def shown(self, pair: tuple[int, int], event: Event) -> Change | None:
        """The change, if both Routers decide that event as the search says."""
        names = (self._old.names[pair[0]], self._new.names[pair[1]])

        def still(other: Event) -> bool:
            return tuple(one and one.rule for one in self._decide(other)) == names

        if not still(event):
            return None
        event = plainest(event, still)
        old, new = (None if one is None else one.outcome for one in self._decide(event))
        return Change(*names, old=old, new=new, event=event)

    def _decide(self, event: Event) -> tuple[Decision | None, ...]:
        """What both Routers say."""
        if not self._routers:
            self._routers = tuple(Router(book, self._holidays) for book in self._books)
        return tuple(_decided(router, event) for router in self._routers)

    def unsettled(self, pair: tuple[int, int], why: str) -> str:
        """What to say of a pair that may hold a change, or none."""
        names = (self._old.names[pair[0]], self._new.names[pair[1]])
        old, new = ("nobody" if name is None else f"rule {name}" for name in names)
        return (
            f"whether an event passes from {old} to {new} is not known; "
            f"found no answer, as {why}; compare the two rules yourself"
        )

    # ---------------------------------------------------------------------------------------------

    def _side(self, book: Playbook, number: int) -> _Side:
        regions = (*self._space.rules[number], (Box(self._space.full),))
        clauses = tuple(self._known(region) for region in regions[:-1])
        twin: dict[Region, int] = {}
        for rule, region in enumerate(regions):
            twin.setdefault(region, rule)
        otherwise = book.otherwise
        last = None if otherwise is None else otherwise.outcome
        outcomes = (*(rule.outcome for rule in book.rules), last)
        return _Side(
            names=(*(rule.id for rule in book.rules), OTHERWISE if otherwise else None),
            regions=regions,
            clauses=clauses,
            above=(0, *itertools.accumulate(clauses, int.__or__)),
            decisions=tuple(map(_compared, outcomes)),
            twin=twin,
            last=len(regions) - 1,
        )

    def _known(self, region: Region) -> int:
        """The clauses of a region. Equal ones of both playbooks count once: half the work."""
        return functools.reduce(int.__or__, (1 << self._number[box] for box in region), 0)

    def _touched(self, region: Region, allowed: int) -> Iterator[int]:
        """Of those new rules the ones that meet a region, and the last of all."""
        touching = 0
        for box in region:
            touching |= self._search.touching(box.mask)
        for j in bits(allowed):
            if j == self._new.last or self._new.clauses[j] & touching:
                yield j

    def _first(self, boxes: Iterable[Box], above: int) -> Event | None:
        """An event within the boxes that no rule above takes. Raises Undecided where none is known."""
        unsettled = False
        for box in boxes:
            try:
                found = self._search.find(box, above)
            except Undecided:
                unsettled = True
                continue
            if found is not None:
                return event_of(self._space, found)
        if unsettled:
            raise Undecided
        return None


def _compared(outcome: Outcome | None) -> Hashable:
    return None if outcome is None else tuple(getattr(outcome, part) for part in PARTS)


def _decided(router: Router, event: Event) -> Decision | None:
    try:
        return router.decide(event)
    except Refused:
        return None
