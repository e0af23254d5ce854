"""Sets of small numbers as the ones of an integer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from remit.decide.tables import ones as bits


def bitset(numbers: Iterable[int]) -> int:
    """The bitset with ones in those places."""
    places = list(numbers)
    data = bytearray(max(places, default=0) // 8 + 1)
    for place in places:
        data[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(data, "little")


def runs(atoms: int) -> Iterator[tuple[int, int]]:
    """(first, last) of each run of ones."""
    offset = 0
    while atoms:
        start = (atoms & -atoms).bit_length() - 1
        atoms >>= start
        length = (~atoms & (atoms + 1)).bit_length() - 1
        yield offset + start, offset + start + length - 1
        atoms >>= length
        offset += start + length


__all__ = ["bits", "bitset", "runs"]
