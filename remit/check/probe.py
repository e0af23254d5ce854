"""One event moved about: the cheapest way to see that a rule goes before another.

A point is an atom for each axis and a text. A rule's own point is one that it takes first. Moved into
another rule, axis by axis and no further than need be, it nearly always shows that the two meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_

from remit.check.reach import Reach
from remit.check.search import Found
from remit.check.space import Box

_REPAIRS = 6
"""Rules in the way that a probe goes around before it gives up."""
_TRIED = 6
"""Atoms that are tried for each step."""


@dataclass(slots=True)
class Move:
    """The point, moved into a clause, with a text that suits both."""

    number: int
    phrases: tuple[int, ...]
    passing: int
    """The clauses that such a text passes."""
    atoms: dict[int, int]
    """By axis where it went; elsewhere it stays."""
    taking: int
    """The clauses that take it, but for the own rule's."""


class Probe:
    """A rule's own point, and one of the rule's clauses to move it in."""

    def __init__(self, reach: Reach, rule: int, box: Box, at: Found) -> None:
        self._reach = reach
        self._search = reach.search
        self._tables = reach.search.tables
        self._own = reach.own[rule]
        self._box = box
        self._within = self._tables.atoms(box.mask)
        cell = reach.search.first(at.mask)
        self._point = [
            segment.of(cell if cell & box.mask & segment.bits else box.mask)
            for segment in reach.search.space.segments
        ]
        self._point = [(atoms & -atoms).bit_length() - 1 for atoms in self._point]
        self._rows = [self._tables.row(axis, atom) for axis, atom in enumerate(self._point)]
        self._covering = [
            self._tables.covering(axis, atoms) for axis, atoms in enumerate(self._within)
        ]
        self._elsewhere: dict[tuple[int, ...], tuple[int, int]] = {}
        self._phrases = at.phrases
        self._texts: dict[object, tuple[tuple[int, ...], int] | None] = {}

    def into(self, number: int) -> Move | None:
        """The point in a clause, moved as little as can be; None where no text suits both."""
        said = self._said(self._search.clauses[number])
        if said is None:
            return None
        phrases, passing = said
        taking = passing & self._elsewhere_of(number)[0] & ~self._own
        atoms: dict[int, int] = {}
        for axis, taken in self._tables.parts[number]:
            if taken >> self._point[axis] & 1:
                taking &= self._rows[axis]
            else:
                free = taken & self._within[axis]
                atoms[axis] = (free & -free).bit_length() - 1
                taking &= self._tables.row(axis, atoms[axis])
        return Move(number, phrases, passing, atoms, taking)

    def meets(self, move: Move) -> bool:
        """Whether the clause's rule would have it next."""
        low = move.taking & -move.taking
        return low > 0 and self._reach.rule_of[low.bit_length() - 1] == self._rule_of(move)

    def around(self, move: Move, before: int) -> None:
        """Move the point out of one of those clauses after the other, if it can be."""
        tables = self._tables
        other = self._search.clauses[move.number].mask
        for _ in range(_REPAIRS):
            way = move.taking & before
            if not way:
                break
            best = way.bit_count()
            step: tuple[int, int, int] | None = None
            for axis, taken in tables.parts[(way & -way).bit_length() - 1]:
                free = tables.segments[axis].of(other) & self._within[axis] & ~taken
                if not free:
                    continue
                fixed = self._but_for(axis, move)
                for atom in tables.few(axis, free)[:_TRIED]:
                    now = fixed & tables.row(axis, atom)
                    left = (now & before).bit_count()
                    if left < best:
                        best, step = left, (axis, atom, now)
                if not best:
                    break
            if step is None:
                break
            move.atoms[step[0]], move.taking = step[1], step[2]

    def found(self, move: Move) -> Found:
        """The event at that place."""
        mask = 0
        for axis, segment in enumerate(self._search.space.segments):
            mask |= 1 << (segment.offset + move.atoms.get(axis, self._point[axis]))
        return Found(mask, move.phrases)

    def _rule_of(self, move: Move) -> int:
        return self._reach.rule_of[move.number]

    def _but_for(self, axis: int, move: Move) -> int:
        """The clauses that take it, whatever it is on that axis."""
        fixed = move.passing & ~self._own
        for other, row in enumerate(self._rows):
            if other != axis:
                atom = move.atoms.get(other)
                fixed &= row if atom is None else self._tables.row(other, atom)
        return fixed

    def covered(self, number: int, by: int) -> bool:
        """Whether one of these clauses has all that this one and a clause have in common.

        A quick sufficient test: axis by axis it takes all of the one or all of the other.
        """
        by &= self._elsewhere_of(number)[1] & ~self._tables.topical
        for axis, atoms in self._tables.parts[number]:
            if not by:
                break
            by &= self._covering[axis] | self._tables.covering(axis, atoms)
        return by != 0

    def _elsewhere_of(self, number: int) -> tuple[int, int]:
        """On the axes that a clause does not test: what takes the point, and what covers all."""
        tested = self._tables.tested[number]
        if tested not in self._elsewhere:
            others = [axis for axis in range(len(self._rows)) if axis not in tested]
            self._elsewhere[tested] = (
                reduce(and_, (self._rows[axis] for axis in others), self._tables.every),
                reduce(and_, (self._covering[axis] for axis in others), self._tables.every),
            )
        return self._elsewhere[tested]

    def _said(self, other: Box) -> tuple[tuple[int, ...], int] | None:
        """Phrases that suit both clauses, and the clauses that such a text passes; None: no text
        suits both."""
        key = (other.groups, other.never)
        if key not in self._texts:
            texts, box = self._search.space.texts, self._box
            phrases: tuple[int, ...] | None = self._phrases
            held = texts.topics_of(self._phrases)
            groups = (*box.groups, *other.groups)
            never = box.never | other.never
            if not held.isdisjoint(never) or any(held.isdisjoint(group) for group in groups):
                phrases = texts.possible(groups, never)
            self._texts[key] = (
                None
                if phrases is None
                else (phrases, self._tables.of_text(texts.topics_of(phrases)))
            )
        return self._texts[key]
