"""Sets of instants as bitsets: time is cut wherever one of the sets begins or ends."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from remit.check.spans import Spans


class Grid:
    """Cells of time, numbered in order; each set of instants named at first is made of them."""

    def __init__(self, sets: Iterable[Spans]) -> None:
        self._edges = sorted({edge for spans in sets for span in spans for edge in span})
        self._cells = {edge: cell for cell, edge in enumerate(self._edges)}

    def bits(self, spans: Spans) -> int:
        """The cells of a set. Its spans begin and end with cells, and are sorted and apart."""
        # The digits of a number, last cell first: made at once, for any number of spans.
        digits: list[str] = []
        at = 0
        for since, until in spans:
            begin, end = self._cells[since], self._cells[until]
            digits += ("0" * (begin - at), "1" * (end - begin))
            at = end
        return int("".join(digits)[::-1] or "0", 2)

    def spans(self, bits: int) -> Spans:
        """The set of these cells; cells that touch become one span."""
        digits = bin(bits)[:1:-1]
        found: list[tuple[int, int]] = []
        begin = digits.find("1")
        while begin >= 0:
            end = digits.find("0", begin)
            if end < 0:
                end = len(digits)
            found.append((self._edges[begin], self._edges[end]))
            begin = digits.find("1", end)
        return tuple(found)

    def first(self, bits: int) -> int:
        """The first instant of a set that has some."""
        return self._edges[(bits & -bits).bit_length() - 1]

    def cell(self, at: int) -> int:
        """The cell of an instant, as a bitset; 0 before the first and after the last."""
        place = bisect_right(self._edges, at) - 1
        return 1 << place if 0 <= place < len(self._edges) - 1 else 0
