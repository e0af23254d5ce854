"""Which clauses take an atom, as a router has it; so also which touch a set of atoms or take all of it.

A set of clauses is a bitset. A row that many atoms share is put together of halves, each made once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from remit.check.bitsets import bits, bitset, runs
from remit.check.space import Box, Space

_REMEMBERED = 1 << 12
"""Rows of sets of atoms that are kept for each axis."""
_FEW = 12
"""Atoms of an axis that a guess tries."""
_LONG = 64
"""Atoms of an axis that is too long to know which of them are quiet."""


class Tables:
    """The clauses of a space by atom. An axis is named by the number of its segment."""

    def __init__(self, space: Space, clauses: Sequence[Box]) -> None:
        self.every = (1 << len(clauses)) - 1
        self.segments = tuple(space.segments)
        self._full = tuple(segment.full for segment in self.segments)
        self._free: dict[int, tuple[int, int]] = {}
        self._rows: list[list[int]] = []
        self._anywhere: list[int] = []
        """By axis: the clauses that do not test it."""
        for segment in self.segments:
            masks = [segment.of(box.mask) for box in clauses]
            self._anywhere.append(bitset(n for n, m in enumerate(masks) if m == segment.full))
            self._rows.append(_rows(masks, segment.full, self._anywhere[-1]))
        self._begun = [_begun(rows) if len(rows) > _LONG else () for rows in self._rows]
        """By long axis and atom: the clauses that take this atom or an earlier one; empty where some
        clause takes atoms with others between."""
        self.order = sorted(
            range(len(self.segments)), key=lambda axis: self._anywhere[axis].bit_count()
        )
        """The axes, those first that tell most clauses apart."""
        self.tested = tuple(
            tuple(
                axis
                for axis, segment in enumerate(self.segments)
                if segment.of(box.mask) != segment.full
            )
            for box in clauses
        )
        """By clause: the axes that it tests."""
        self.parts = tuple(
            tuple((axis, self.segments[axis].of(box.mask)) for axis in tested)
            for box, tested in zip(clauses, self.tested, strict=True)
        )
        """By clause: the atoms that it takes of the axes that it tests."""
        self.topical = bitset(n for n, box in enumerate(clauses) if box.groups or box.never)
        self._slots = _slots(clauses)
        self._refusing: dict[int, int] = {}
        for number in bits(self.topical):
            for topic in clauses[number].never:
                self._refusing[topic] = self._refusing.get(topic, 0) | 1 << number
        self._texts: dict[frozenset[int], int] = {}
        self._blocks: tuple[list[dict[tuple[int, int], int]], ...] = ([], [])
        self._known: tuple[list[dict[int, int]], ...] = ([], [])
        for part in (0, 1):
            self._blocks[part].extend({} for _ in self.segments)
            self._known[part].extend({} for _ in self.segments)
        self.quiet = tuple(
            sorted(range(len(rows)), key=lambda atom, rows=rows: rows[atom].bit_count())  # type: ignore[misc]  # bound now, called at once
            if len(rows) <= _LONG
            else ()
            for rows in self._rows
        )
        """By axis: its atoms, those first that the fewest clauses take."""

    def row(self, axis: int, atom: int) -> int:
        """The clauses that take that atom."""
        return self._rows[axis][atom]

    def touching(self, axis: int, atoms: int) -> int:
        """The clauses that take some of these atoms."""
        if atoms == self.segments[axis].full:
            return self.every
        return self._row(axis, atoms, covering=False)

    def covering(self, axis: int, atoms: int) -> int:
        """The clauses that take all of these atoms."""
        if atoms == self.segments[axis].full:
            return self._anywhere[axis]
        return self._row(axis, atoms, covering=True)

    def covering_nearly(self, atoms: Sequence[int], by: int) -> tuple[int, int]:
        """Of these clauses, which touch all of these atoms, those that take all of them, and those
        that would but for one axis."""
        whole, narrow = 0, []
        for axis, full in enumerate(self._full):
            here = atoms[axis]
            if here == full:
                whole |= 1 << axis
            elif here & (here - 1):  # what touches one atom takes all of it
                narrow.append(axis)
        covering, nearly = self._not_testing(whole)
        covering, nearly = covering & by, nearly & by
        for axis in narrow:
            if not covering | nearly:
                break
            over = self._row(axis, atoms[axis], covering=True)
            nearly = nearly & over | covering & ~over
            covering &= over
        return covering, nearly

    def _not_testing(self, axes: int) -> tuple[int, int]:
        """The clauses that test none of these axes, and those that test one."""
        if axes not in self._free:
            none, one = self.every, 0
            for axis in bits(axes):
                one = one & self._anywhere[axis] | none & ~self._anywhere[axis]
                none &= self._anywhere[axis]
            self._free[axes] = none, one
        return self._free[axes]

    def mask(self, atoms: Sequence[int]) -> int:
        """What lies on those atoms, axis by axis, as one mask."""
        found = 0
        for segment, here in zip(self.segments, atoms, strict=True):
            found |= here << segment.offset
        return found

    def of_text(self, topics: frozenset[int]) -> int:
        """The clauses that a text with just these topics passes."""
        found = self._texts.get(topics)
        if found is None:
            found = self.every
            for free, asking in self._slots:
                some = free
                for topic in topics:
                    some |= asking.get(topic, 0)
                found &= some
            for topic in topics:
                found &= ~self._refusing.get(topic, 0)
            self._texts[topics] = found
        return found

    def atoms(self, mask: int) -> list[int]:
        """A mask axis by axis."""
        return [segment.of(mask) for segment in self.segments]

    def few(self, axis: int, atoms: int) -> list[int]:
        """Some of these atoms: of a short axis those first that the fewest clauses take, of a long
        one some that lie apart."""
        low, high = (atoms & -atoms).bit_length() - 1, atoms.bit_length() - 1
        if high == low:
            return [low]
        if len(self._rows[axis]) > _LONG:
            step = (high - low) // _FEW or 1
            return [atom for atom in range(low, high + 1, step) if atoms >> atom & 1]
        quiet = (atom for atom in self.quiet[axis] if atoms >> atom & 1)
        return list(itertools.islice(quiet, _FEW))

    def _row(self, axis: int, atoms: int, *, covering: bool) -> int:
        known = self._known[covering][axis]
        found = known.get(atoms)
        if found is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            found = self._of_run(axis, atoms, covering=covering)
            if found is not None:
                known[atoms] = found
                return found
            found = self.every if covering else 0
            for first, last in runs(atoms):
                for level, at in _blocks(first, last + 1):
                    block = self._block(axis, level, at, covering=covering)
                    found = found & block if covering else found | block
            known[atoms] = found
        return found

    def _of_run(self, axis: int, atoms: int, *, covering: bool) -> int | None:
        """The same for atoms in a row on a long axis whose clauses all take atoms in a row: what takes
        both ends takes all, and what takes some takes the first or begins behind it."""
        begun = self._begun[axis]
        if not begun or (atoms + (atoms & -atoms)) & atoms:
            return None
        first, last = (atoms & -atoms).bit_length() - 1, atoms.bit_length() - 1
        rows = self._rows[axis]
        if covering:
            return rows[first] & rows[last]
        return rows[first] | begun[last] & ~begun[first]

    def _block(self, axis: int, level: int, at: int, *, covering: bool) -> int:
        """What 2**level atoms have together."""
        if level == 0:
            return self._rows[axis][at]
        known = self._blocks[covering][axis]
        found = known.get((level, at))
        if found is None:
            left = self._block(axis, level - 1, 2 * at, covering=covering)
            right = self._block(axis, level - 1, 2 * at + 1, covering=covering)
            found = known[level, at] = left & right if covering else left | right
        return found


def _slots(clauses: Sequence[Box]) -> list[tuple[int, dict[int, int]]]:
    """The groups of topics of each clause side by side: for the first group of all, the second and so
    on, the clauses that have none, and by topic those that it serves."""
    found: list[tuple[int, dict[int, int]]] = []
    for at in range(max((len(box.groups) for box in clauses), default=0)):
        asking: dict[int, list[int]] = {}
        free: list[int] = []
        for number, box in enumerate(clauses):
            if at < len(box.groups):
                for topic in box.groups[at]:
                    asking.setdefault(topic, []).append(number)
            else:
                free.append(number)
        found.append((bitset(free), {topic: bitset(some) for topic, some in asking.items()}))
    return found


def _rows(masks: Sequence[int], full: int, anywhere: int) -> list[int]:
    """By atom the clauses that take it: each run of atoms turns a clause on, and off behind it."""
    size = full.bit_length()
    turned: list[list[int]] = [[] for _ in range(size + 1)]
    for number, mask in enumerate(masks):
        if mask != full:
            for first, last in runs(mask):
                turned[first].append(number)
                turned[last + 1].append(number)
    rows: list[int] = []
    now = anywhere
    for numbers in turned[:size]:
        for number in numbers:
            now ^= 1 << number
        rows.append(now)
    return rows


def _begun(rows: Sequence[int]) -> tuple[int, ...]:
    """By atom the clauses that take it or an earlier one, if none that ended begins again."""
    begun: list[int] = []
    some, ended, before = 0, 0, 0
    for row in rows:
        ended |= before & ~row
        if row & ended:
            return ()
        some |= row
        begun.append(some)
        before = row
    return tuple(begun)


def _blocks(first: int, end: int) -> Iterator[tuple[int, int]]:
    """(level, number) of the aligned blocks of 2**level that make up a run."""
    level = 0
    while first < end:
        if first & 1:
            yield level, first
            first += 1
        if end & 1:
            end -= 1
            yield level, end
        first >>= 1
        end >>= 1
        level += 1
