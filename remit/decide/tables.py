"""For each value of each field, which clauses it passes: a bitset, so that a decision is a few ANDs.

The bit of a clause is its place in the order of the rules, so the lowest bit left is the first
match. Rows are built once; equal rows are one object.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal
from math import floor
from typing import Any

from remit.decide.axes import GREATEST, Axis, Numbers, Values

_UNIT = Decimal("1e-30")
_EXACT = Context(prec=120)
Row = int
"""A bitset of clauses."""


class NamedRows:
    """The row of each named value: `row = table.get(value, rest)`."""

    def __init__(self, axis: Values, masks: Mapping[int, int], count: int) -> None:
        rows = _rows_of_values(axis, masks, count)
        self.table: dict[object, Row] = {
            value: rows[atom] for atom, value in enumerate(axis.values)
        }
        self.missing: Row = 0 if axis.missing is None else rows[axis.missing]
        self.table[None] = self.missing
        self.rest: Row = self.missing if axis.other is None else rows[axis.other]


class NumberRows:
    """The row of each number: `row = found[bisect_right(cuts, value)]`.

    A number of an event is a multiple of 10**-30 (a whole one, of 1), so "more than b" begins at
    the next multiple, and one list of cuts tells points and open intervals apart.
    """

    def __init__(self, axis: Numbers, masks: Mapping[int, int], count: int) -> None:
        rows = _rows_of_numbers(axis, masks, count)
        self.missing: Row = rows[axis.missing]
        cuts, self.found = _cuts(axis, rows)
        self.cuts: Sequence[Any] = _close_together(cuts) if axis.integers else cuts


def rows_of(axis: Axis, masks: Mapping[int, int], count: int) -> NamedRows | NumberRows:
    """The rows of one axis for `count` clauses. `masks`: clause to the atoms that it takes; a
    clause that is not there takes all."""
    if isinstance(axis, Numbers):
        return NumberRows(axis, masks, count)
    return NamedRows(axis, masks, count)


def bitset(numbers: Sequence[int], count: int) -> Row:
    """The bitset of these places, each below `count`."""
    made = bytearray((count + 7) // 8)
    for number in numbers:
        made[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(made, "little")


def ones(bits: int) -> Iterator[int]:
    """The places of the ones of a bitset, lowest first."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def _rows_of_values(axis: Values, masks: Mapping[int, int], count: int) -> list[Row]:
    takes: list[list[int]] = [[] for _ in range(axis.size)]
    spares: list[list[int]] = [[] for _ in range(axis.size)]
    asking: list[int] = []
    for clause, atoms in masks.items():
        if atoms.bit_count() * 2 > axis.size:  # `not` takes nearly all: note what it leaves out
            for atom in ones(axis.full & ~atoms):
                spares[atom].append(clause)
        else:
            asking.append(clause)
            for atom in ones(atoms):
                takes[atom].append(clause)
    everywhere = (1 << count) - 1 & ~bitset(asking, count)
    return [
        everywhere & ~bitset(spares[atom], count) | bitset(takes[atom], count)
        for atom in range(axis.size)
    ]


def _rows_of_numbers(axis: Numbers, masks: Mapping[int, int], count: int) -> list[Row]:
    """A sweep over the atoms: a clause is toggled where a run of its atoms begins and ends."""
    toggles: dict[int, list[int]] = defaultdict(list)
    for clause, atoms in masks.items():
        for first, beyond in _runs(atoms, axis.full):
            toggles[first].append(clause)
            toggles[beyond].append(clause)
    row = (1 << count) - 1 & ~bitset(list(masks), count)
    rows: list[Row] = []
    for atom in range(axis.size):
        for clause in toggles.get(atom, ()):
            row ^= 1 << clause
        rows.append(row)
    return rows


def _runs(atoms: int, possible: int) -> Iterator[tuple[int, int]]:
    """(first, first beyond) of each run of ones; what lies in a run and is impossible cuts none."""
    if not atoms:
        return
    low, high = (atoms & -atoms).bit_length() - 1, atoms.bit_length()
    if (1 << high) - (1 << low) & possible == atoms:
        yield low, high
        return
    offset = 0
    while atoms:
        start = (atoms & -atoms).bit_length() - 1
        atoms >>= start
        length = (~atoms & atoms + 1).bit_length() - 1
        yield offset + start, offset + start + length
        atoms >>= length
        offset += start + length


def _cuts(axis: Numbers, rows: Sequence[Row]) -> tuple[list[Any], list[Row]]:
    """Where the row changes, and the row below each cut; the last is the one above all."""
    inside = _inside(axis, rows)
    first: dict[Decimal | int, Row] = {}
    for at, value in enumerate(axis.breaks):
        if not axis.integers:
            first[value] = inside[2 * at + 1]
            first[_EXACT.add(value, _UNIT)] = inside[2 * at + 2]
            continue
        whole = floor(value)
        if whole == value:
            first[whole] = inside[2 * at + 1]
        first[whole + 1] = inside[2 * at + 2]
    if axis.integers and axis.at_most == GREATEST:
        del first[max(first)]  # without a limit of its own the last row goes on
    cuts: list[Any] = []
    found: list[Row] = [rows[axis.missing]]
    for cut in sorted(first):
        if first[cut] != found[-1]:
            cuts.append(cut)
            found.append(first[cut])
    return cuts, found


def _close_together(cuts: list[int]) -> Sequence[int]:
    """Whole numbers side by side, where a search through thousands of them finds them sooner."""
    try:
        return array("q", cuts)
    except OverflowError:  # a playbook may name numbers of any size
        return cuts


def _inside(axis: Numbers, rows: Sequence[Row]) -> list[Row]:
    """The rows of all atoms but *missing*; what the field cannot be counts as missing."""
    low, high = (2 * axis.breaks.index(limit) + 1 for limit in (axis.at_least, axis.at_most))
    missing = rows[axis.missing]
    return [
        row if low <= atom <= high else missing for atom, row in enumerate(rows[: axis.missing])
    ]
