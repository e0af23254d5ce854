"""Is there an event within a box that none of these clauses takes? By splitting, then by SAT.

The same tables that a router has (which clauses take an atom) find the clauses that touch a box or
cover it. What splitting cannot settle within its budget goes to one incremental SAT solver.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pysat.solvers import Solver

from remit.check.space import Box, Space

BUDGET = 3_000
"""Boxes that a question may be split into before the solver takes it."""
CONFLICTS = 200_000
"""Conflicts after which a question is left undecided."""


class Undecided(Exception):
    """The budget of the solver is spent."""


@dataclass(frozen=True, slots=True)
class Found:
    """Events that answer a question: every event of the mask with a text of these phrases."""

    mask: int
    phrases: tuple[int, ...]


class Search:
    """Questions about one space. Clauses are numbered over all playbooks and rules in order."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.clauses: list[Box] = []
        self.of_rule: list[list[int]] = []
        """By playbook, by rule: its clauses as a bitset."""
        for book in space.rules:
            bits: list[int] = []
            for rule in book:
                first = len(self.clauses)
                self.clauses += rule
                bits.append((1 << len(self.clauses)) - (1 << first))
            self.of_rule.append(bits)
        self._every = (1 << len(self.clauses)) - 1
        self._topical = _bits_of(n for n, box in enumerate(self.clauses) if box.groups or box.never)
        self._rows = [self._table(segment.offset, segment.full) for segment in space.segments]
        self._touching: list[dict[int, int]] = [{} for _ in space.segments]
        self._covering: list[dict[int, int]] = [{} for _ in space.segments]
        self._sat: _Sat | None = None
        self.used = 0
        """Clauses that the last question without an answer needed."""

    def find(self, box: Box, minus: int) -> Found | None:
        """An event within the box that none of the clauses `minus` takes; None where there is none.

        Raises Undecided.
        """
        self.used = 0
        stack = [(box, minus)]
        for _ in range(BUDGET):
            if not stack:
                return None
            at, rest = stack.pop()
            found = self._step(at, rest, stack)
            if found is not None:
                return found
        if not stack:
            return None
        self.used = minus
        return self._solve(stack)

    def touching(self, mask: int) -> int:
        """Clauses whose mask meets that one on every axis."""
        found = self._every
        for number, segment in enumerate(self.space.segments):
            atoms = mask >> segment.offset & segment.full
            if atoms != segment.full:
                found &= self._row(number, atoms, covering=False)
        return found

    def covering(self, mask: int) -> int:
        """Clauses whose mask holds all of that one."""
        found = self._every
        for number, segment in enumerate(self.space.segments):
            found &= self._row(number, mask >> segment.offset & segment.full, covering=True)
            if not found:
                break
        return found

    def covered(self, box: Box, by: int) -> bool:
        """Whether one of these clauses alone takes all of the box: a quick sufficient test."""
        over = self.covering(box.mask) & by
        if over & ~self._topical:
            return True
        return any(_implies(box, self.clauses[number]) for number in bits(over))

    def meet(self, left: Box, right: Box) -> Box | None:
        """What both take; None where that is nothing by its masks or by plain contradiction."""
        mask = left.mask & right.mask
        if self.space.empty(mask):
            return None
        return _consistent(
            Box(mask, tuple(dict.fromkeys(left.groups + right.groups)), left.never | right.never)
        )

    # Splitting -----------------------------------------------------------------------------------

    def _step(self, box: Box, rest: int, stack: list[tuple[Box, int]]) -> Found | None:
        """Settle a box, or push the parts of it that are left."""
        rest &= self.touching(box.mask)
        if rest and (over := self.covering(box.mask) & rest):
            plain = over & ~self._topical
            if plain:
                self.used |= plain & -plain
                return None
            for number in bits(over):
                if _implies(box, self.clauses[number]):
                    self.used |= 1 << number
                    return None
        chosen = None
        for number in bits(rest):
            if _contradicts(box, self.clauses[number]):
                rest &= ~(1 << number)
            else:
                chosen = number
                break
        if box.groups or box.never:
            phrases = self.space.texts.possible(box.groups, box.never)
            if phrases is None:
                return None
        else:
            phrases = ()
        if chosen is None:
            return Found(box.mask, phrases)
        self.used |= 1 << chosen
        self._split(box, self.clauses[chosen], rest & ~(1 << chosen), stack)
        return None

    def _split(self, box: Box, clause: Box, rest: int, stack: list[tuple[Box, int]]) -> None:
        for segment in self.space.segments:
            here = box.mask & segment.bits
            outside = here & ~clause.mask
            if outside:
                stack.append((replace(box, mask=box.mask & ~here | outside), rest))
                box = replace(box, mask=box.mask & ~outside)
        for topic in clause.never - box.never:
            if frozenset({topic}) not in box.groups:
                part = _consistent(replace(box, groups=(*box.groups, frozenset({topic}))))
                if part is not None:
                    stack.append((part, rest))
                box = replace(box, never=box.never | {topic})
        for group in clause.groups:
            if not any(known <= group for known in box.groups):
                part = _consistent(replace(box, never=box.never | group))
                if part is not None:
                    stack.append((part, rest))
                box = replace(box, groups=(*box.groups, group))

    def _table(self, offset: int, full: int) -> list[int]:
        rows = [0] * full.bit_length()
        everywhere = 0
        for number, box in enumerate(self.clauses):
            atoms = box.mask >> offset & full
            if atoms == full:
                everywhere |= 1 << number
                continue
            for atom in bits(atoms):
                rows[atom] |= 1 << number
        return [row | everywhere for row in rows]

    def _row(self, segment: int, atoms: int, *, covering: bool) -> int:
        known = (self._covering if covering else self._touching)[segment]
        found = known.get(atoms)
        if found is None:
            rows = self._rows[segment]
            found = self._every if covering else 0
            for atom in bits(atoms):
                found = found & rows[atom] if covering else found | rows[atom]
            known[atoms] = found
        return found

    def _solve(self, stack: Sequence[tuple[Box, int]]) -> Found | None:
        if self._sat is None:
            self._sat = _Sat(self.space, self.clauses)
        for box, minus in reversed(stack):
            found = self._sat.find(box, minus & self.touching(box.mask))
            if found is not None:
                return found
        return None


class _Sat:
    """The same question for a solver. An axis is ordered: variable k of it says "atom k or later"."""

    def __init__(self, space: Space, clauses: Sequence[Box]) -> None:
        self._space = space
        self._clauses = clauses
        self._solver = Solver(name="cadical153")
        self._last = 0
        self._axes = [self._axis(len(segment.samples)) for segment in space.segments]
        self._texts = self._last
        self._last += space.texts.variables
        for clause in space.texts.formula(self._texts):
            self._solver.add_clause(clause)
        self._within: dict[tuple[int, int], int] = {}
        self._groups: dict[frozenset[int], int] = {}
        self._taken: dict[int, int] = {}

    def find(self, box: Box, minus: int) -> Found | None:
        assumed = self._conditions(box)
        assumed += [-self._takes(number) for number in bits(minus)]
        if not self._solver.solve(assumptions=assumed):
            return None
        model = self._solver.get_model() or []
        return self._read(box, minus, model)

    def _read(self, box: Box, minus: int, model: Sequence[int]) -> Found:
        mask = 0
        for segment, variables in zip(self._space.segments, self._axes, strict=True):
            atom = sum(model[variable - 1] > 0 for variable in variables)
            mask |= 1 << (segment.offset + atom)
        texts = self._space.texts
        held = {
            topic
            for topic in range(texts.topics)
            if model[texts.variable(self._texts, topic) - 1] > 0
        }
        # Only the topics that matter here, so that the text stays short.
        relevant = set(box.never).union(*box.groups)
        for number in bits(minus):
            clause = self._clauses[number]
            if not mask & ~clause.mask:
                relevant.update(clause.never, *clause.groups)
        groups = [frozenset({topic}) for topic in sorted(held & relevant)]
        phrases = texts.possible(groups, frozenset(relevant - held))
        assert phrases is not None, "the solver's own model is possible"
        return Found(mask, phrases)

    def _conditions(self, box: Box) -> list[int]:
        """Literals that say together: within the box."""
        said = [
            self._in(number, box.mask >> segment.offset & segment.full)
            for number, segment in enumerate(self._space.segments)
            if box.mask & segment.bits != segment.bits
        ]
        texts = self._space.texts
        said += [-texts.variable(self._texts, topic) for topic in box.never]
        return said + [self._any(group) for group in box.groups]

    def _takes(self, number: int) -> int:
        if number not in self._taken:
            taken = self._taken[number] = self._new()
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
            parts = [self._interval(axis, first, last) for first, last in _runs(atoms)]
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


def bits(number: int) -> Iterator[int]:
    """The places of the ones of a bitset, lowest first."""
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


def _bits_of(numbers: Iterable[int]) -> int:
    return sum(1 << number for number in numbers)


def _runs(atoms: int) -> Iterator[tuple[int, int]]:
    """(first, last) of each run of ones."""
    offset = 0
    while atoms:
        start = (atoms & -atoms).bit_length() - 1
        atoms >>= start
        length = (~atoms & (atoms + 1)).bit_length() - 1
        yield offset + start, offset + start + length - 1
        atoms >>= length
        offset += start + length


def _consistent(box: Box) -> Box | None:
    """The box, or None where its own topics contradict each other plainly."""
    if any(group <= box.never for group in box.groups):
        return None
    return box


def _contradicts(box: Box, clause: Box) -> bool:
    return any(group <= clause.never for group in box.groups) or any(
        group <= box.never for group in clause.groups
    )


def _implies(box: Box, clause: Box) -> bool:
    """Whether the topics of the box are enough for the clause's."""
    return clause.never <= box.never and all(
        any(known <= group for known in box.groups) for group in clause.groups
    )
