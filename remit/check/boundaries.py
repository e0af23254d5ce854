"""Where two owners meet: events whose first match is one rule and whose next match is another's.

Most pairs of rules that touch at all are settled by a probe: an event of the first rule, moved into
the second. What a probe does not show is asked of the search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from remit.check.bitsets import bits
from remit.check.probe import Probe
from remit.check.reach import Reach
from remit.check.search import Found, Undecided, contradict
from remit.check.space import Box
from remit.model import Playbook

ANY = "any"
Example = Callable[[], Found]
"""Events that show something, made when somebody wants to see one."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """A rule, and the rules of other owners that would have had some of its events next."""

    rule: int
    next: tuple[int, ...] = ()
    """In the order of the rules."""
    example: Found | None = None
    """Events that the first of them would have next."""
    undecided: tuple[int, ...] = ()


def boundaries(playbook: Playbook, reach: Reach) -> Iterator[Boundary]:
    """Every undeclared boundary between rules of which neither contains the other."""
    owned: dict[str, int] = {}
    numbers = {rule.id: number for number, rule in enumerate(playbook.rules)}
    for number, rule in enumerate(playbook.rules):
        owned[rule.outcome.owner] = owned.get(rule.outcome.owner, 0) | reach.own[number]
    living, left = _possible(reach)
    for number, rule in enumerate(playbook.rules):
        if ANY in rule.over or reach.answers[number].found is None:
            continue
        declared = reach.clauses(numbers[name] for name in rule.over if name in numbers)
        foreign = reach.above[-1] & ~(reach.above[number + 1] | owned[rule.outcome.owner])
        foreign &= living | left.get(number, 0)
        found = _Meeting(reach, number, foreign & ~declared).boundary()
        if found.next or found.undecided:
            yield found


def _possible(reach: Reach) -> tuple[int, dict[int, int]]:
    """Clauses that may be next after any rule, and by rule those that may only after it.

    Every event of a dead rule is one of the rules that cover it. Without a rule that is not among them
    they still cover it, so it is next after one of them or never.
    """
    living = reach.above[-1]
    left: dict[int, int] = {}
    for number, answer in enumerate(reach.answers):
        if answer.found is None and not answer.undecided:
            living &= ~reach.own[number]
            for rule in {reach.rule_of[clause] for clause in bits(answer.used)}:
                left[rule] = left.get(rule, 0) | reach.own[number]
    return living, left


class _Meeting:
    """One rule, and the clauses of other owners below it."""

    def __init__(self, reach: Reach, rule: int, foreign: int) -> None:
        self._reach = reach
        self._search = reach.search
        self._rule = rule
        self._foreign = foreign
        self._found: dict[int, Example] = {}
        self._nested_rules: set[int] = set()
        self._undecided: set[int] = set()

    def boundary(self) -> Boundary:
        at = self._reach.answers[self._rule].found
        assert at is not None, "only rules that some event reaches have boundaries"
        for box in self._reach.boxes[self._rule]:
            self._ask_all(box, Probe(self._reach, self._rule, box, at))
        unsettled = sorted(self._undecided - self._found.keys() - self._nested_rules)
        if not self._found:
            return Boundary(self._rule, undecided=tuple(unsettled))
        first = min(self._found)
        return Boundary(
            self._rule, tuple(sorted(self._found)), self._found[first](), tuple(unsettled)
        )

    def _ask_all(self, box: Box, probe: Probe) -> None:
        search, reach = self._search, self._reach
        for number in bits(search.touching(box.mask) & self._foreign):
            rule = reach.rule_of[number]
            if rule in self._found or rule in self._nested_rules:
                continue
            if contradict(box, search.clauses[number]):
                continue
            try:
                found = self._asked(box, number, probe)
                if found is None:
                    continue
                if self._nested(rule):
                    self._nested_rules.add(rule)
                else:
                    self._found[rule] = found
            except Undecided:
                self._undecided.add(rule)

    def _asked(self, box: Box, number: int, probe: Probe) -> Example | None:
        """Events that the one clause takes first and the other's rule next. Raises Undecided."""
        move = probe.into(number)
        if move is None:
            return None
        if probe.meets(move):
            return partial(probe.found, move)
        rule = self._reach.rule_of[number]
        if self._nested_plainly(rule):
            return None
        before = self._reach.above[rule] & ~self._reach.own[self._rule]
        if probe.covered(number, before):
            return None
        probe.around(move, before)
        if probe.meets(move):
            return partial(probe.found, move)
        both = self._search.meet(box, self._search.clauses[number])
        found = None if both is None else self._search.find(both, before, guess=False)
        return None if found is None else lambda: found

    def _nested(self, rule: int) -> bool:
        """Whether one rule contains the other. Raises Undecided."""
        plainly = self._nested_plainly(rule)
        if plainly is not None:
            return plainly
        reach = self._reach
        return reach.contains(self._rule, rule) or reach.contains(rule, self._rule)

    def _nested_plainly(self, rule: int) -> bool | None:
        """The same of two rules of one clause, where their masks tell; None where they do not."""
        one, other = self._reach.boxes[self._rule], self._reach.boxes[rule]
        if len(one) > 1 or len(other) > 1:
            return None
        left, right = one[0], other[0]
        both = left.mask & right.mask
        if both not in {left.mask, right.mask}:
            return False
        return None if left.groups or left.never or right.groups or right.never else True


__all__ = ["Boundary", "boundaries"]
