"""The questions of a search for a SAT solver, which keeps what it learns from one to the next.

An axis is ordered: variable k of it says "atom k or later". Phrases and topics are variables, with
what is true of them; a clause of the playbook is a variable that holds wherever the clause does.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pysat.solvers import Solver  # type: ignore[import-untyped]  # ships no types

from remit.check.bitsets import bits, bitset, runs
from remit.check.space import Box, Space

CONFLICTS = 100_000
"""Conflicts after which a question is left undecided."""


class Undecided(Exception):
    """The budget is spent, and nobody knows."""


class Sat:
    """One solver for all questions about the clauses of a space."""

    def __init__(self, space: Space, clauses: Sequence[Box]) -> None:
        self._space = space
        self._clauses = clauses
        self._solver = Solver(name="glucose4")
        self._last = 0
        self._axes = [self._axis(len(segment.samples)) for segment in space.segments]
        self._texts = self._last
        self._last += space.texts.variables
        for clause in space.texts.formula(self._texts):
            self._solver.add_clause(clause)
        self._within: dict[tuple[int, int], int] = {}
        self._groups: dict[frozenset[int], int] = {}
        self._taken: dict[int, int] = {}
        self._clause_of: dict[int, int] = {}
        self.used = 0
        """Clauses that the last answer "nothing" needed."""

    def find(self, box: Box, minus: int) -> tuple[int, frozenset[int]] | None:
        """One cell of the box that no clause of `minus` takes, as a mask, and the topics of its text.

        Raises Undecided.
        """
        assumed = self._conditions(box)
        assumed += [-self._takes(number) for number in bits(minus)]
        self._solver.conf_budget(CONFLICTS)
        answer = self._solver.solve_limited(assumptions=assumed)
        if answer is None:
            raise Undecided
        if not answer:
            core = self._solver.get_core() or []
            self.used = bitset(
                self._clause_of[-literal] for literal in core if -literal in self._clause_of
            )
            return None
        return self._read(self._solver.get_model() or [])

    def _read(self, model: Sequence[int]) -> tuple[int, frozenset[int]]:
        mask = 0
        for segment, variables in zip(self._space.segments, self._axes, strict=True):
            atom = sum(model[variable - 1] > 0 for variable in variables)
            mask |= 1 << (segment.offset + atom)
        texts = self._space.texts
        return mask, frozenset(
            topic
            for topic in range(texts.topics)
            if model[texts.variable(self._texts, topic) - 1] > 0
        )

    def _conditions(self, box: Box) -> list[int]:
        """Literals that say together: within the box."""
        said = [
            self._in(number, segment.of(box.mask))
            for number, segment in enumerate(self._space.segments)
            if box.mask & segment.bits != segment.bits
        ]
        texts = self._space.texts
        said += [-texts.variable(self._texts, topic) for topic in box.never]
        return said + [self._any(group) for group in box.groups]

    def _takes(self, number: int) -> int:
        if number not in self._taken:
            taken = self._taken[number] = self._new()
            self._clause_of[taken] = number
            said = self._conditions(self._clauses[number])
            self._solver.add_clause([taken, *(-literal for literal in said)])
        return self._taken[number]

    def _any(self, group: frozenset[int]) -> int:
        if group not in self._groups:
            some = self._groups[group] = self._new()
            topics = [self._space.texts.variable(self._texts, topic) for topic in group]
            self._solver.add_clause([-some, *topics])
            for topic in topics:
                self._solver.add_clause([some, -topic])
        return self._groups[group]

    def _in(self, axis: int, atoms: int) -> int:
        """A literal: the atom is one of these."""
        key = (axis, atoms)
        if key not in self._within:
            inside = self._within[key] = self._new()
            parts = [self._interval(axis, first, last) for first, last in runs(atoms)]
            self._solver.add_clause([-inside, *parts])
            for part in parts:
                self._solver.add_clause([inside, -part])
        return self._within[key]

    def _interval(self, axis: int, first: int, last: int) -> int:
        variables = self._axes[axis]
        bounds = [variables[first - 1]] if first else []
        if last < len(variables):
            bounds.append(-variables[last])
        inside = self._new()
        for bound in bounds:
            self._solver.add_clause([-inside, bound])
        self._solver.add_clause([inside, *(-bound for bound in bounds)])
        return inside

    def _axis(self, size: int) -> list[int]:
        variables = [self._new() for _ in range(size - 1)]
        for earlier, later in itertools.pairwise(variables):
            self._solver.add_clause([-later, earlier])
        return variables

    def _new(self) -> int:
        self._last += 1
        return self._last
