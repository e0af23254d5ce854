"""The prover's questions for z3: a variable for each field, a formula for each rule."""

from __future__ import annotations

from typing import Any

import z3

from remit.decide.axes import Axis, Numbers, Values, axes_of
from remit.decide.clauses import Clause, clauses
from remit.model import AnyOf, Exists, FieldTest, NoneOf, Playbook, Range

Formula = Any
"""z3 has no types."""


class Asked:
    """One solver for all questions about a playbook."""

    def __init__(self, book: Playbook) -> None:
        self._rules = book.rules
        parts = [clauses(rule, book) for rule in book.rules]
        tests = [test for rule in parts for clause in rule for test in clause.tests]
        self._axes = axes_of(book, tests)
        self._fields = {field: _variable(field, axis) for field, axis in self._axes.items()}
        self._topics = {name: z3.Bool(f"topic {name}") for name in book.topics}
        self._there = {field: z3.Bool(f"{field} is there") for field in self._axes}
        self._solver = z3.Solver()
        for field, axis in self._axes.items():
            self._solver.add(*self._domain(field, axis))
        # A literal stands for each rule, so that the solver keeps what it learns.
        self._takes = [z3.Bool(f"takes {rule.id}") for rule in book.rules]
        for literal, rule in zip(self._takes, parts, strict=True):
            self._solver.add(literal == z3.Or(*map(self._clause, rule)))

    def dead(self) -> set[str]:
        """Rules that no event reaches."""
        return {rule.id for number, rule in enumerate(self._rules) if not self.some(number, None)}

    def gap(self) -> bool:
        """Whether some event reaches no rule."""
        return self.some(None, None)

    def meeting(self) -> set[tuple[str, str]]:
        """Rules of different owners of which one takes events that the other would have next."""
        found: set[tuple[str, str]] = set()
        for first, one in enumerate(self._rules):
            for second in range(first + 1, len(self._rules)):
                other = self._rules[second]
                if one.outcome.owner == other.outcome.owner or not self.some(first, second):
                    continue
                if not self.contained(first, second) and not self.contained(second, first):
                    found.add((one.id, other.id))
        return found

    def some(self, first: int | None, second: int | None) -> bool:
        """Whether an event's first match is a rule, and its next match another."""
        asked = [self._takes[each] for each in (first, second) if each is not None]
        last = second if second is not None else first if first is not None else len(self._takes)
        asked += [z3.Not(self._takes[each]) for each in range(last) if each != first]
        return bool(self._solver.check(*asked) == z3.sat)

    def contained(self, inner: int, outer: int) -> bool:
        """Whether one rule takes every event of another."""
        asked = self._takes[inner], z3.Not(self._takes[outer])
        return bool(self._solver.check(*asked) == z3.unsat)

    def _domain(self, field: str, axis: Axis) -> list[Formula]:
        value = self._fields[field]
        if isinstance(axis, Numbers):
            bounds = [value >= _number(axis.at_least), value <= _number(axis.at_most)]
            return [z3.Implies(self._there[field], z3.And(*bounds))]
        count = len(axis.values) + (axis.other is not None)
        known = [value >= 0, value < count]
        return known if axis.missing is not None else [*known, self._there[field]]

    def _clause(self, clause: Clause) -> Formula:
        assert not clause.shifts, "made-up rules ask for no hours"
        said = [self._test(test) for test in clause.tests]
        said += [z3.Or(*(self._topics[name] for name in group)) for group in clause.groups]
        said += [z3.Not(self._topics[name]) for name in clause.never]
        return z3.And(*said)

    def _test(self, asked: FieldTest) -> Formula:
        field, test = asked.field, asked.test
        axis, value, there = self._axes[field], self._fields[field], self._there[field]
        if isinstance(test, Exists):
            return there if test.exists else z3.Not(there)
        if isinstance(test, Range):
            return z3.And(there, *_bounds(value, test))
        assert isinstance(test, AnyOf | NoneOf)
        if isinstance(axis, Values):
            mask = axis.mask(AnyOf(values=test.values))
            named = z3.Or(*(value == atom for atom in range(axis.size) if mask >> atom & 1))
        else:
            named = z3.Or(*(value == _number(one) for one in test.values))
        named = z3.And(there, named)
        return named if isinstance(test, AnyOf) else z3.Not(named)


def _variable(field: str, axis: Axis) -> Formula:
    real = isinstance(axis, Numbers) and not axis.integers
    return z3.Real(field) if real else z3.Int(field)


def _bounds(value: Formula, test: Range) -> list[Formula]:
    said: list[Formula] = []
    if test.at_least is not None:
        said.append(value >= _number(test.at_least))
    if test.more_than is not None:
        said.append(value > _number(test.more_than))
    if test.at_most is not None:
        said.append(value <= _number(test.at_most))
    if test.less_than is not None:
        said.append(value < _number(test.less_than))
    return said


def _number(value: object) -> Formula:
    return z3.RealVal(format(value, "f"))
