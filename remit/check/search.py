"""Is there an event within a box that none of these clauses takes? By a guess, by splitting, by SAT.

The same tables that a router has find the clauses that touch a box or cover it. A guess takes the
atoms that the fewest clauses take. A box that it does not settle is split by one clause after the
other; what that cannot settle within its budget goes to one incremental SAT solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from remit.check.bitsets import bits
from remit.check.sat import Sat, Undecided
from remit.check.space import Box, Space
from remit.check.tables import Tables

BUDGET = 3_000
"""Boxes that a question may be split into before the solver takes it."""


@dataclass(frozen=True, slots=True)
class Found:
    """Events that answer a question: every event of the mask with a text of these phrases."""

    mask: int
    phrases: tuple[int, ...]


@dataclass(slots=True)
class _Part:
    """What is left of a box while it is split, axis by axis, and the clauses that touch it."""

    atoms: list[int]
    groups: tuple[frozenset[int], ...]
    never: frozenset[int]
    rest: int

    def where(self, groups: tuple[frozenset[int], ...], never: frozenset[int]) -> _Part:
        """The same with other topics."""
        return _Part(self.atoms.copy(), groups, never, self.rest)


class Search:
    """Questions about one space. Clauses are numbered over all playbooks and rules in order."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.clauses: list[Box] = []
        self.of_rule: list[list[int]] = []
        """By playbook, by rule: its clauses as a bitset."""
        for book in space.rules:
            of_rule: list[int] = []
            for rule in book:
                first = len(self.clauses)
                self.clauses += rule
                of_rule.append((1 << len(self.clauses)) - (1 << first))
            self.of_rule.append(of_rule)
        self.tables = Tables(space, self.clauses)
        self._sat: Sat | None = None
        self.used = 0
        """Clauses that the last question without an answer needed."""

    def find(self, box: Box, minus: int, *, guess: bool = True) -> Found | None:
        """An event within the box that none of the clauses `minus` takes; None where there is none.

        `guess`: false where there most probably is none. Raises Undecided.
        """
        self.used = 0
        if not self._possible(box):
            return None
        rest = minus & self.touching(box.mask)
        found = self._guess(box, rest) if guess else None
        if found is not None:
            return found
        stack = [_Part(self.tables.atoms(box.mask), box.groups, box.never, rest)]
        for _ in range(BUDGET):
            if not stack:
                return None
            found = self._step(stack.pop(), stack)
            if found is not None:
                return found
        return self._solve(stack)

    def touching(self, mask: int) -> int:
        """Clauses whose mask meets that one on every axis."""
        found = self.tables.every
        for axis, segment in enumerate(self.space.segments):
            atoms = mask >> segment.offset & segment.full
            if atoms != segment.full:
                found &= self.tables.touching(axis, atoms)
        return found

    def covering(self, mask: int) -> int:
        """Clauses whose mask holds all of that one."""
        return self.tables.covering_nearly(self.tables.atoms(mask), self.touching(mask))[0]

    def covered(self, box: Box, by: int) -> bool:
        """Whether one of these clauses alone takes all of the box: a quick sufficient test."""
        over = self.covering(box.mask) & by
        if over & ~self.tables.topical:
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

    def takes(self, found: Found) -> int:
        """The clauses that the first event of what was found passes."""
        taking = self.tables.of_text(self.space.texts.topics_of(found.phrases))
        for axis, segment in enumerate(self.space.segments):
            atoms = segment.of(found.mask)
            taking &= self.tables.row(axis, (atoms & -atoms).bit_length() - 1)
        return taking

    def first(self, mask: int) -> int:
        """The first cell of a mask: what the plainest of its events says."""
        cell = 0
        for segment in self.space.segments:
            here = mask & segment.bits
            cell |= here & -here
        return cell

    # Guessing ------------------------------------------------------------------------------------

    def _possible(self, box: Box | _Part) -> bool:
        if not box.groups:
            return True
        return self.space.texts.possible(box.groups, box.never) is not None

    def _guess(self, box: Box, rest: int) -> Found | None:
        """Axis by axis the atom that leaves the fewest of these clauses."""
        texts, tables = self.space.texts, self.tables
        phrases = texts.possible(box.groups, box.never)
        assert phrases is not None, "asked before"
        if not self.takes(Found(box.mask, phrases)) & rest:
            return Found(self.first(box.mask), phrases)
        rest &= tables.of_text(texts.topics_of(phrases))
        mask = box.mask
        for axis in tables.order:
            if not rest:
                return Found(mask, phrases)
            segment = self.space.segments[axis]
            least, chosen = -1, 0
            for atom in tables.few(axis, segment.of(mask)):
                left = (rest & tables.row(axis, atom)).bit_count()
                if least < 0 or left < least:
                    least, chosen = left, atom
                    if not left:
                        break
            rest &= tables.row(axis, chosen)
            mask = mask & ~segment.bits | 1 << (segment.offset + chosen)
        return None if rest else Found(mask, phrases)

    # Splitting -----------------------------------------------------------------------------------

    def _step(self, part: _Part, stack: list[_Part]) -> Found | None:
        """Settle a part of a box, or push the parts of it that are left."""
        covering, nearly = self.tables.covering_nearly(part.atoms, part.rest)
        plain = covering & ~self.tables.topical
        if plain:
            self.used |= plain & -plain
            return None
        for number in bits(covering):
            if _implies(part, self.clauses[number]):
                self.used |= 1 << number
                return None
        chosen = self._choose(part, nearly & ~self.tables.topical)
        if chosen is None:
            phrases = self.space.texts.possible(part.groups, part.never)
            assert phrases is not None, "only possible parts are pushed"
            return Found(self.tables.mask(part.atoms), phrases)
        self.used |= 1 << chosen
        part.rest &= ~(1 << chosen)
        self._split(part, chosen, stack)
        return None

    def _choose(self, part: _Part, nearly: int) -> int | None:
        """The clause to split by; a clause that covers the part but for one axis leaves one only.

        Drops the clauses that the topics of the part exclude.
        """
        if nearly:
            return (nearly & -nearly).bit_length() - 1
        for number in bits(part.rest):
            if not contradict(part, self.clauses[number]):
                return number
            part.rest &= ~(1 << number)
        return None

    def _split(self, part: _Part, number: int, stack: list[_Part]) -> None:
        """Push what the clause leaves of a part, in parts that do not overlap."""
        clause, tables = self.clauses[number], self.tables
        for axis, taken in tables.parts[number]:
            here = part.atoms[axis]
            inside = here & taken
            if inside != here:
                outside = here ^ inside
                rest = part.rest & tables.touching(axis, outside)
                atoms = part.atoms.copy()
                atoms[axis] = outside
                stack.append(_Part(atoms, part.groups, part.never, rest))
                part.atoms[axis] = inside
                part.rest &= tables.touching(axis, inside)
        for topic in clause.never - part.never:
            single = frozenset({topic})
            if single not in part.groups:
                self._push(part.where((*part.groups, single), part.never), stack)
                part.never |= single
        for group in clause.groups:
            if not any(known <= group for known in part.groups):
                self._push(part.where(part.groups, part.never | group), stack)
                part.groups = (*part.groups, group)

    def _push(self, part: _Part, stack: list[_Part]) -> None:
        if not any(group <= part.never for group in part.groups) and self._possible(part):
            stack.append(part)

    def _solve(self, stack: Sequence[_Part]) -> Found | None:
        if self._sat is None:
            self._sat = Sat(self.space, self.clauses)
        for part in reversed(stack):
            box = Box(self.tables.mask(part.atoms), part.groups, part.never)
            answer = self._sat.find(box, part.rest)
            if answer is not None:
                return self._plainest(box, part.rest, *answer)
            self.used |= self._sat.used
        return None

    def _plainest(self, box: Box, rest: int, cell: int, held: frozenset[int]) -> Found:
        """The solver's cell, with the first atom instead wherever no clause takes that."""
        found = self._worded(box, rest, cell, held)
        for segment in self.space.segments:
            first = box.mask & segment.bits
            mask = found.mask & ~segment.bits | first & -first
            plainer = Found(mask, found.phrases)
            if not self.takes(plainer) & rest:
                found = plainer
        return found

    def _worded(self, box: Box, rest: int, cell: int, held: frozenset[int]) -> Found:
        """Only the topics that matter, so that the text stays short."""
        relevant = set(box.never).union(*box.groups)
        for number in bits(rest & self.touching(cell)):
            clause = self.clauses[number]
            relevant.update(clause.never, *clause.groups)
        groups = [frozenset({topic}) for topic in sorted(held & relevant)]
        phrases = self.space.texts.possible(groups, frozenset(relevant - held))
        assert phrases is not None, "the solver's own model is possible"
        return Found(cell, phrases)


def _consistent(box: Box) -> Box | None:
    """The box, or None where its own topics contradict each other plainly."""
    if any(group <= box.never for group in box.groups):
        return None
    return box


def contradict(box: Box | _Part, clause: Box) -> bool:
    """Whether the topics of the two exclude each other plainly."""
    if not (box.groups or box.never) or not (clause.groups or clause.never):
        return False
    return any(group <= clause.never for group in box.groups) or any(
        group <= box.never for group in clause.groups
    )


def _implies(box: Box | _Part, clause: Box) -> bool:
    """Whether the topics of the box are enough for the clause's."""
    return clause.never <= box.never and all(
        any(known <= group for known in box.groups) for group in clause.groups
    )


__all__ = ["Found", "Search", "Undecided", "bits", "contradict"]
