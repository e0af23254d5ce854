"""Which events each rule of a playbook takes first, and what is left for `otherwise`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from remit.check.bitsets import bits
from remit.check.search import Found, Search, Undecided
from remit.check.space import Box


@dataclass(frozen=True, slots=True)
class Answer:
    """Events that a question asked for, or that there are none, or that nobody knows."""

    found: Found | None = None
    undecided: bool = False
    used: int = 0
    """Without an event: the clauses that leave none."""


class Reach:
    """The rules of the first playbook of a space, by their number in it."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.boxes = search.space.rules[0]
        self.own = search.of_rule[0]
        """By rule: its clauses."""
        self.above = (0, *itertools.accumulate(self.own, int.__or__))
        """By rule: the clauses of all rules above it; last of all the clauses of every rule."""
        self.rule_of = tuple(
            number for number, boxes in enumerate(self.boxes) for _ in range(len(boxes))
        )
        """By clause: its rule."""

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """By rule: events that it takes first."""
        return tuple(self.ask(boxes, self.above[number]) for number, boxes in enumerate(self.boxes))

    @cached_property
    def gap(self) -> Answer:
        """Events that no rule takes."""
        return self.left(self.search.space.full)

    def left(self, mask: int) -> Answer:
        """Events of a mask that no rule takes."""
        return self.ask((Box(mask),), self.above[-1])

    def ask(self, boxes: Iterable[Box], minus: int) -> Answer:
        """Events of some box that none of these clauses takes."""
        undecided, used = False, 0
        for box in boxes:
            try:
                found = self.search.find(box, minus)
            except Undecided:
                undecided = True
                continue
            if found is not None:
                return Answer(found)
            used |= self.search.used
        return Answer(undecided=undecided, used=used)

    def cover(self, number: int) -> tuple[int, ...]:
        """Rules that together leave nothing to a dead one; without any of them, something is left."""
        used = self.answers[number].used
        needed = sorted({self.rule_of[clause] for clause in bits(used)})
        for rule in tuple(reversed(needed)):
            fewer = [one for one in needed if one != rule]
            answer = self.ask(self.boxes[number], self.clauses(fewer))
            if answer.found is None and not answer.undecided:
                needed = fewer
        return tuple(needed)

    def clauses(self, rules: Iterable[int]) -> int:
        """The clauses of those rules."""
        found = 0
        for rule in rules:
            found |= self.own[rule]
        return found

    def contains(self, outer: int, inner: int) -> bool:
        """Whether every event of the inner rule is one of the outer. Raises Undecided."""
        return all(self.search.find(box, self.own[outer]) is None for box in self.boxes[inner])
